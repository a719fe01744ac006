// Package watcher reconciles a ResourceSetInputProvider: it lists what is open
// at the forge, and exports an input set for each thing that is ready to be
// deployed.
//
// A run goes from left to right, and each step is a function from values to
// values but for list, confirm and paths, which talk to the forge:
//
//	list ──> confirm ──> filter ──> paths ──> limit ──> resolve ──> skip ──> identify ──> export
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
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/identity"
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
	// Asked bounds the runs that are asked for; nothing does when nil.
	Asked *turns.Asked

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
	if !provider.DeletionTimestamp.IsZero() {
		r.Credentials.Forget(provider)
		return report.RetryOnConflict(r.Report.LetGo(ctx, provider)) // it owns nothing outside of itself
	}
	if provider.IsDisabled() {
		r.Credentials.Forget(provider)
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

	exported := readExported(provider)
	found, err := r.find(timed, provider, exported)
	if err != nil {
		outcome := report.FromError(err)
		if timed.Err() != nil && timeout < provider.GetTimeout() {
			outcome.Message += fmt.Sprintf("; it had %s, the most that --max-reconcile-timeout allows", timeout)
		}
		return outcome
	}
	omitted, err := export(provider, found.items, exported)
	if err != nil {
		return report.FromError(err)
	}
	var remarks []string
	if found.waiting > 0 {
		remarks = append(remarks, fmt.Sprintf("%d more match and wait: spec.filter.limit is %d", found.waiting, provider.GetLimit()))
	}
	if omitted = append(found.omitted, omitted...); len(omitted) > 0 {
		remarks = append(remarks, tell(omitted))
	}
	outcome := report.Done(r.Now().Sub(started), after, remarks...)
	outcome.Revision = provider.Status.LastExportedRevision
	outcome.Events = report.Collided(found.collisions)
	return outcome
}

// timeout is how long a run may take.
func (r *Reconciler) timeout(provider *v1.ResourceSetInputProvider) time.Duration {
	if r.MaxTimeout <= 0 {
		return provider.GetTimeout()
	}
	return min(provider.GetTimeout(), r.MaxTimeout)
}

// findings are what there is to export.
type findings struct {
	items []exportable
	// waiting is how many match but are over the limit.
	waiting int
	// omitted are those that cannot be inputs as they are.
	omitted []omission
	// collisions are items whose id had to be told from another's.
	collisions []identity.Collision
}

// find asks the forge and decides what is to be exported.
func (r *Reconciler) find(ctx context.Context, provider *v1.ResourceSetInputProvider, exported exportedInputs) (findings, error) {
	if provider.Spec.Type == v1.InputProviderStatic {
		return findings{items: []exportable{{Item: source.Static(string(provider.UID))}}}, nil
	}
	rules, err := compileRules(provider, r.Now())
	if err != nil {
		return findings{}, report.Stall(v1.ReasonInvalidSpec, err)
	}
	forge, err := r.open(ctx, provider)
	if err != nil {
		return findings{}, err
	}
	if provider.Spec.Type == v1.InputProviderExternalArtifact {
		r.watchArtifacts(ctx)
	}
	forge.vouched = vouchedFor(provider, exported)
	matching, err := rules.ask(ctx, forge, exported)
	if err != nil {
		return findings{}, failed(err, r.Now())
	}
	matching, omitted := refused(matching, exported)
	kept, waiting := rules.keep(matching, exported)
	if kept, err = forge.Resolve(ctx, kept); err != nil {
		return findings{}, failed(err, r.Now())
	}
	found := rules.settle(kept, exported)
	found.waiting, found.omitted = waiting, omitted
	return found, nil
}

// ask returns what the forge has that matches, or what it said in its place.
func (r rules) ask(ctx context.Context, forge repository, exported exportedInputs) ([]source.Item, error) {
	listed, err := forge.List(ctx, source.Query{Labels: r.labels})
	if err != nil {
		return nil, err
	}
	confirmed, err := confirm(ctx, forge, listed, exported)
	if err != nil {
		return nil, err
	}
	return touching(ctx, forge, r.paths, r.filter(confirmed))
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
