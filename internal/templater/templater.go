// Package templater reconciles a ResourceSet: it renders a set of objects for
// each input set, applies them, and deletes what no input asks for any more.
//
// A run takes eight steps:
//
//	depend ──> inputs ──> plan ──> look ──> claim ──> apply ──> prune ──> tell
//
// The unit of rendering, applying, failing and keeping is one input set, one
// preview: the one that fails keeps what it had and is named in the Ready
// condition, and holds up nobody. It promises that nothing is deleted on doubt
// (a provider that has not spoken is not an empty one) and that nothing is
// forgotten: the inventory names an object before it is created, and until it
// is seen to be gone.
package templater

import (
	"context"
	"fmt"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/plan"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/throttle"
	"github.com/eddy-previews/eddy/internal/turns"
)

// Reconciler reconciles ResourceSets.
type Reconciler struct {
	// Client reads ResourceSets and providers from the cache.
	Client client.Client
	Report *report.Reporter
	// Accounts opens the API server as the account that a set names.
	Accounts *Accounts
	// Kinds tells what the API server serves.
	Kinds *apply.Kinds
	// DefaultServiceAccount is impersonated where a set names no account.
	DefaultServiceAccount string
	// RequeueDependency is the time between two looks at a dependency.
	RequeueDependency time.Duration
	// Concurrency is how many objects of a set are written at once.
	Concurrency int
	// Backoff between two tries of a preview that cannot be applied.
	Backoff Backoff
	// OverrideManagers are field managers whose fields are taken over, beside
	// those of kubectl, Helm, Flux and Flux Operator.
	OverrideManagers []string
	// Now is the clock.
	Now func() time.Time
	// Turns bound how many runs of one namespace are at work at once.
	Turns *turns.Turns
	// Asked bounds the runs that are asked for; nothing does when nil.
	Asked *turns.Asked
	// Throttle lets few expressions and renders at once take long; all when nil.
	Throttle *throttle.Throttle

	// Measures count how long previews take; nothing does when nil.
	Measures *report.Measures

	// Answers asks the URLs of previews; nobody does when nil.
	Answers *Answers

	// Shard is which of the sets are worked on here; all when nil.
	Shard *Shard

	// Namespaces to watch applied objects in; all when empty.
	Namespaces map[string]cache.Config
	// WatchConfigs selects the ConfigMaps and Secrets whose changes wake the sets
	// that take something from them; nil for none.
	WatchConfigs labels.Selector

	programs programs
	memories memories
	drift    *drift
	pulse    *pulse
	users    users
}

// run is one reconciliation of one set.
type run struct {
	*Reconciler
	set *v1.ResourceSet
	// saved is the set as the API server has it.
	saved   *v1.ResourceSet
	owner   apply.Owner
	started time.Time
	memory  *memory
	// before is what the status told of each preview.
	before map[string]told
	// refused says that the account was not permitted something.
	refused bool
}

// Reconcile brings the previews of one ResourceSet in line with its inputs.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	defer r.Turns.Done(req)
	run, end := r.Shard.begin(ctx, req.NamespacedName) // before it is read: from now on, that it leaves ends this
	defer end()
	set := &v1.ResourceSet{}
	if err := r.Client.Get(ctx, req.NamespacedName, set); err != nil {
		r.drift.release(req.NamespacedName)
		r.forget(req.NamespacedName)
		if apierrors.IsNotFound(err) {
			return ctrl.Result{}, r.handOver(ctx, req.NamespacedName)
		}
		return ctrl.Result{}, err
	}
	if !r.Turns.Take(req, "") {
		return ctrl.Result{}, nil // it waits in line, without a worker
	}
	memory := r.memories.of(set.UID)
	if memory.isAheadOf(set.ResourceVersion) {
		return ctrl.Result{RequeueAfter: staleDelay}, nil
	}
	defer func() { memory.wrote = set.ResourceVersion }()
	defer r.drift.begin(req.NamespacedName, memory.applied)()
	if may, err := r.Shard.mayBegin(run, set); err != nil || !may {
		return ctrl.Result{RequeueAfter: shardLook}, err
	}
	if err := r.takeOver(run, set); err != nil {
		return report.RetryOnConflict(err)
	}
	return r.reconcile(run, set)
}

// takeOver writes down who works on a set, before anything is done for it.
func (r *Reconciler) takeOver(ctx context.Context, set *v1.ResourceSet) error {
	if set.Status.Shard == r.Shard.name() {
		return nil
	}
	before := set.DeepCopy()
	set.Status.Shard = r.Shard.name()
	return r.Report.Save(ctx, before, set)
}

// handOver lets go of a set that is another shard's now.
func (r *Reconciler) handOver(ctx context.Context, name types.NamespacedName) error {
	set, err := r.Shard.moved(ctx, name)
	if err != nil || set == nil {
		return err
	}
	r.programs.forget(set.UID)
	r.memories.forget(set.UID)
	r.users.set(name, nil)
	before := set.DeepCopy()
	set.Status.Shard = ""
	return client.IgnoreNotFound(r.Report.Save(ctx, before, set))
}

// reconcile is Reconcile for a set that is there, and fresh.
func (r *Reconciler) reconcile(ctx context.Context, set *v1.ResourceSet) (ctrl.Result, error) {
	if !set.DeletionTimestamp.IsZero() {
		return r.newRun(set).uninstall(ctx)
	}
	if set.IsDisabled() {
		r.drift.release(client.ObjectKeyFromObject(set))
		r.forget(client.ObjectKeyFromObject(set))
		return r.Report.Suspended(ctx, set)
	}
	if err := r.Report.Begin(ctx, set); err != nil {
		return report.RetryOnConflict(err)
	}
	run := r.newRun(set)
	outcome := run.outcome(ctx) // which may save the set
	if run.refused {
		outcome.Message = run.withoutAccount(ctx) + outcome.Message
	}
	return r.Report.Finish(ctx, run.saved, set, outcome)
}

// forget no longer looks at what a set has deployed.
func (r *Reconciler) forget(set types.NamespacedName) {
	r.pulse.forget(set)
	r.Answers.Keep(set, func(string) bool { return false })
}

func (r *Reconciler) newRun(set *v1.ResourceSet) *run {
	return &run{
		Reconciler: r,
		set:        set,
		saved:      set.DeepCopy(),
		owner:      apply.Owner{Name: set.Name, Namespace: set.Namespace, Force: v1.IsForced(set.Annotations)},
		started:    r.Now(),
		memory:     r.memories.of(set.UID),
	}
}

// outcome performs the steps, and says what they came to.
func (r *run) outcome(ctx context.Context) report.Outcome {
	if err := r.depend(ctx); err != nil {
		return r.failure(err)
	}
	inputs, err := r.inputs(ctx)
	if err != nil {
		return r.failure(err)
	}
	outcome, err := r.converge(ctx, inputs)
	if err != nil {
		outcome = r.failure(err)
	}
	outcome.Events = append(outcome.Events, report.Collided(inputs.Collisions)...)
	return outcome
}

// converge brings the cluster in line with the inputs.
func (r *run) converge(ctx context.Context, inputs plan.Inputs) (report.Outcome, error) {
	applier, err := r.applier(ctx)
	if err != nil {
		return report.Outcome{}, err
	}
	desired, err := r.plan(ctx, applier, inputs)
	if err != nil {
		return report.Outcome{}, err
	}
	known, err := r.owned()
	if err != nil {
		return report.Outcome{}, err
	}
	r.drift.watch(ctx, desired.inventory)
	r.drift.meet(client.ObjectKeyFromObject(r.set), known)
	session, err := r.look(ctx, applier, known, &desired)
	if err != nil {
		return report.Outcome{}, err
	}
	if err := r.claim(ctx, known, desired); err != nil {
		return report.Outcome{}, err
	}
	result, err := r.apply(ctx, session, desired)
	if err != nil {
		return report.Outcome{}, err
	}
	pruned, owned := r.prune(ctx, session, prunable{known: known, desired: desired, result: result})
	if len(pruned.Changes) > 0 {
		r.drift.own(client.ObjectKeyFromObject(r.set), owned)
	}
	if err := r.checkLast(ctx, session, desired, &result); err != nil {
		return report.Outcome{}, err
	}
	links, awaiting := r.links(ctx, session, desired)
	r.rollouts(ctx, session, desired, &result)
	r.answers(ctx, desired, &result, links)
	r.drift.await(client.ObjectKeyFromObject(r.set), awaiting || waiting(result.waits() || len(result.late) > 0))
	outcome := r.conclude(desired, result, pruned)
	r.write(standing{desired: desired, owned: owned, previews: r.lines(desired, result, links, owned), outcome: outcome})
	return outcome, nil
}

// applier returns an applier with the permissions of the set's account.
func (r *run) applier(ctx context.Context) (*apply.Applier, error) {
	account, err := r.asAccount()
	if err != nil {
		return nil, err
	}
	return &apply.Applier{
		Client:       account,
		Kinds:        r.Kinds,
		FieldManager: report.FieldManager,
		Concurrency:  r.Concurrency,
		OwnerExists:  r.ownerExists,
		Memory:       r.memory.applied,
		Witness:      r.drift.witness(ctx, client.ObjectKeyFromObject(r.set)),
		Watch:        r.drift.glimpse(ctx, client.ObjectKeyFromObject(r.set)),
		Overridden:   r.OverrideManagers,
		Pause:        r.pause(),
		Now:          r.Now,
	}, nil
}

// asAccount returns a client that acts as the set's account.
func (r *run) asAccount() (client.Client, error) {
	opened, err := r.Accounts.Client(r.set.Namespace, r.account())
	if err != nil {
		return nil, fmt.Errorf("impersonating service account %s/%s: %w", r.set.Namespace, r.account(), err)
	}
	return opened, nil
}

// isRequested reports whether somebody has asked for this run.
func (r *run) isRequested() bool {
	token, ok := meta.ReconcileAnnotationValue(r.set.Annotations)
	return ok && token != r.saved.Status.LastHandledReconcileAt
}

// account is the service account to impersonate, "" for the operator's own.
func (r *run) account() string {
	if r.set.Spec.ServiceAccountName != "" {
		return r.set.Spec.ServiceAccountName
	}
	return r.DefaultServiceAccount
}

// ownerExists reports whether another ResourceSet is still there. One that the cache has
// not may be another shard's.
func (r *run) ownerExists(ctx context.Context, owner apply.Owner) (bool, error) {
	name := types.NamespacedName{Namespace: owner.Namespace, Name: owner.Name}
	err := r.Client.Get(ctx, name, &v1.ResourceSet{})
	if apierrors.IsNotFound(err) && r.Shard.isOne() {
		err = r.Shard.Reader.Get(ctx, name, &v1.ResourceSet{})
	}
	return err == nil, client.IgnoreNotFound(err)
}
