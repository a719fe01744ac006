// Package watcher reconciles a ResourceSetInputProvider: it lists what is open
// at the forge, and exports an input set for each thing that is ready to be
// deployed.
//
// A run goes from left to right. list and confirm ask the forge, internal/admit
// says what becomes of each thing that is open, and internal/export writes what is
// an input:
//
//	list ──> confirm ──> admit ──> export
//
// It promises that a preview is never lost to a glitch. A listing that fails
// changes nothing. What is missing from a listing that succeeded is looked up
// by its number or name, and dropped only when the forge says that it is closed or
// gone, or when it no longer matches.
package watcher

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"k8s.io/apimachinery/pkg/labels"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/approval"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/evidence"
	"github.com/eddy-previews/eddy/internal/export"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/schedule"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/internal/turns"
)

// Reconciler reconciles providers.
type Reconciler struct {
	// Client reads providers from the cache.
	Client client.Client
	Report *report.Reporter
	// Credentials reads what providers refer to.
	Credentials *credential.Reader
	// NewSource opens a forge; source.New unless a test says otherwise.
	NewSource func(source.Config) (source.Source, error)
	// Now is the clock.
	Now func() time.Time
	// Shared is what providers share on their way to a forge; nothing when nil.
	Shared *source.Shared
	// MaxTimeout bounds how long a run may take, whatever the provider says; nothing
	// does when zero.
	MaxTimeout time.Duration
	// Turns bound how many runs of one namespace, and to one host, are at work
	// at once; nothing does when nil.
	Turns *turns.Turns
	// Looks remember when evidence was looked for, Approvals what was said of requests.
	Looks     evidence.Looks
	Approvals approval.Looks
	// Measures count how long evidence is waited for; nothing does when nil.
	Measures *report.Measures
	// Asked bounds the runs that are asked for; nothing does when nil.
	Asked *turns.Asked
	// Selector of the providers to work on, where several operators share them; all
	// when nil.
	Selector labels.Selector

	// artifacts starts the watch of ExternalArtifacts; nil in a test that runs by hand.
	artifacts func() error
}

// Reconcile brings the exported inputs of one provider in line with its forge.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	defer r.Turns.Done(req)
	provider := &v1.ResourceSetInputProvider{}
	if err := r.Client.Get(ctx, req.NamespacedName, provider); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if r.Selector != nil && !r.Selector.Matches(labels.Set(provider.Labels)) { // it is another shard's
		r.forget(provider)
		return ctrl.Result{}, nil
	}
	if !provider.DeletionTimestamp.IsZero() {
		r.forget(provider)
		return report.RetryOnConflict(r.Report.LetGo(ctx, provider)) // it owns nothing outside of itself
	}
	if provider.IsDisabled() {
		r.forget(provider)
		return r.Report.Suspended(ctx, provider)
	}
	if host := hostOf(provider); host != "" && !r.Turns.Take(req, host) {
		return ctrl.Result{}, nil // its turn will come
	}
	if err := r.Report.Begin(ctx, provider); err != nil {
		return report.RetryOnConflict(err)
	}
	before := provider.DeepCopy()
	outcome := r.run(ctx, provider)
	return r.Report.Finish(ctx, before, provider, outcome)
}

// forget is for a provider that is gone or suspended.
func (r *Reconciler) forget(provider *v1.ResourceSetInputProvider) {
	r.Credentials.Forget(provider)
	r.Looks.Forget(client.ObjectKeyFromObject(provider))
	r.Approvals.Forget(client.ObjectKeyFromObject(provider))
}

// run performs the steps and says what they came to.
func (r *Reconciler) run(ctx context.Context, provider *v1.ResourceSetInputProvider) report.Outcome {
	started := r.Now()
	timeout := r.timeout(provider)
	plan, err := schedule.Compile(provider.Spec.Schedule, timeout)
	if err != nil {
		return report.FromError(report.Stall(v1.ReasonInvalidSchedule, err))
	}
	forced := meta.ShouldHandleForceRequest(provider)
	after, next := plan.Next(started, r.Report.Interval(provider))
	after = r.Report.AtLeast(after)
	provider.Status.NextSchedule = next
	if !forced && !plan.Allows(started) {
		when := started.Add(after) // also where no entry comes for years
		if next != nil {
			when = next.When.Time
		}
		return report.Skip(v1.ReasonSkippedDueToSchedule,
			"Reconciliation skipped, next scheduled at "+when.UTC().Format(time.RFC3339), after)
	}
	timed, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	decided, err := r.decide(timed, provider)
	if err != nil {
		outcome := report.FromError(err)
		if timed.Err() != nil && timeout < provider.GetTimeout() {
			outcome.Message += fmt.Sprintf("; it had %s, the most that --max-reconcile-timeout allows", timeout)
		}
		return outcome
	}
	provider.Status.Approvals = decided.approvals
	made, err := export.Write(provider, decided.verdicts)
	if err != nil {
		return report.FromError(stalled(err))
	}
	if look := nextLook(decided.verdicts); !look.IsZero() {
		after = min(after, r.Report.AtLeast(max(look.Sub(r.Now()), 0)))
	}
	for _, verdict := range decided.verdicts {
		if verdict.Waited != nil {
			r.Measures.Met(*verdict.Waited)
		}
	}
	held := export.Hold(provider, decided.verdicts, made, started)
	outcome := report.Done(r.Now().Sub(started), after, remarks(provider, decided, made)...)
	outcome.Revision = provider.Status.LastExportedRevision
	outcome.Events = slices.Concat(report.Collided(made.Collisions), report.Held(held), overdue(decided.verdicts))
	return outcome
}

// stalled says of an export that only a change of the spec can mend that it is so.
func stalled(err error) error {
	var wrong *export.Error
	if errors.As(err, &wrong) {
		return report.Stall(wrong.Reason, err)
	}
	return err
}

// remarks are what is worth knowing of a run that succeeded: why nothing is
// exported, who waits for a place, and who is not exported as it is.
func remarks(provider *v1.ResourceSetInputProvider, decided decision, made export.Made) []string {
	var out []string
	if decided.account != "" {
		out = append(out, decided.account)
	}
	if waiting := admit.Count(decided.verdicts, admit.Queued); waiting > 0 {
		out = append(out, fmt.Sprintf("%d more match and wait: spec.filter.limit is %d", waiting, provider.GetLimit()))
	}
	if len(made.Omitted) > 0 {
		out = append(out, export.Tell(made.Omitted))
	}
	return out
}

// timeout is how long a run may take.
func (r *Reconciler) timeout(provider *v1.ResourceSetInputProvider) time.Duration {
	if r.MaxTimeout <= 0 {
		return provider.GetTimeout()
	}
	return min(provider.GetTimeout(), r.MaxTimeout)
}

// decision is what becomes of each thing that a forge has, and why nothing is
// exported where that is so.
type decision struct {
	verdicts  []admit.Verdict
	approvals []v1.Approval
	account   string
}

// decide asks the forge, and says what becomes of each thing that it has.
func (r *Reconciler) decide(ctx context.Context, provider *v1.ResourceSetInputProvider) (decision, error) {
	if provider.Spec.Type == v1.InputProviderStatic {
		return decision{verdicts: admit.Static(string(provider.UID))}, nil
	}
	chain, err := admit.Compile(provider, r.Now())
	if err != nil {
		return decision{}, report.Stall(v1.ReasonInvalidSpec, err)
	}
	gate, err := evidence.Compile(provider)
	if err != nil {
		return decision{}, report.Stall(v1.ReasonInvalidSpec, err)
	}
	forge, err := r.open(ctx, provider)
	if err != nil {
		return decision{}, err
	}
	if provider.Spec.Type == v1.InputProviderExternalArtifact {
		r.watchArtifacts(ctx)
	}
	exported := export.Read(provider)
	forge.prove = r.prover(provider, gate, forge, exported)
	approved, approve := r.approver(provider, forge, exported)
	forge.approve = approve
	open, err := r.list(ctx, forge, chain.Query(), approved.expected(exported.Keys()))
	if err != nil {
		return decision{}, failed(err, r.Now())
	}
	verdicts, err := chain.Decide(ctx, forge, open, admit.Known{Exported: exported.Keys(), Matching: matching(provider, exported)})
	if err != nil {
		return decision{}, failed(err, r.Now())
	}
	return decision{verdicts: verdicts, approvals: approved.of(r, open), account: chain.Account(verdicts)}, nil
}

// list returns all that is open: what is listed, and what is expected and not said to be
// gone.
func (r *Reconciler) list(ctx context.Context, forge repository, q source.Query, expected map[string]bool) ([]source.Item, error) {
	listed, err := forge.List(ctx, q)
	if err != nil {
		return nil, err
	}
	return confirm(ctx, forge, listed, expected)
}

// open connects to the provider's forge with its credentials.
func (r *Reconciler) open(ctx context.Context, provider *v1.ResourceSetInputProvider) (repository, error) {
	config, err := r.Credentials.Config(ctx, credential.Of(provider))
	if errors.Is(err, source.ErrSpec) {
		return repository{}, report.Stall(v1.ReasonInvalidSpec, err)
	}
	if err != nil {
		return repository{}, failed(err, r.Now())
	}
	config.Pools = r.Shared.Pools()
	forge, err := r.NewSource(config)
	if err != nil {
		return repository{}, report.Stall(v1.ReasonInvalidSpec, fmt.Errorf("spec.url or spec.type: %w", err))
	}
	return repository{Source: forge, config: config, shared: r.Shared, since: freshness(provider, r.Now())}, nil
}

// failed says how a run ends that the forge did not let succeed: what was
// exported stays, and the next try is when the forge asked for it, or with
// backoff.
func failed(err error, now time.Time) error {
	var limited *transport.RateLimited
	if !errors.As(err, &limited) || !limited.Until.After(now) {
		return report.Fail(meta.ReconciliationFailedReason, err)
	}
	return &report.Error{Err: err, Outcome: report.Outcome{
		Kind: report.Failed, Reason: meta.ReconciliationFailedReason, After: limited.Until.Sub(now),
		Message: err.Error() + "; next try at " + limited.Until.UTC().Format(time.RFC3339),
	}}
}
