package templater

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/fluxcd/pkg/apis/meta"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/preview"
)

// applied is what came of applying a plan.
type applied struct {
	changes []apply.Change
	// failed are the previews that could not be rendered, applied, or that did
	// not get ready.
	failed problems
	// held are the previews that wait for a step to get ready, and whose later
	// steps are still to be applied.
	held problems
	// unready are the previews that are applied and not ready yet.
	unready problems
	// late are those that are applied, and of which something is to be said of what
	// they have deployed: it does not run, or cannot be seen.
	late map[string]preview.Rollout
	// due is when the first of the Jobs that failed is made anew; zero when none is.
	due time.Time
}

// stopped are the previews that are not taken further in this run.
func (a *applied) stopped() problems {
	out := problems{}
	out.addAll(a.failed)
	out.addAll(a.held)
	return out
}

// waiting are the previews that have yet to become ready.
func (a *applied) waiting() problems {
	out := problems{}
	out.addAll(a.held)
	out.addAll(a.unready)
	return out
}

// waits reports whether the status of what was applied is waited for.
func (a *applied) waits() bool {
	return a.held.len()+a.unready.len() > 0 || a.unhealthy()
}

// unhealthy reports whether a preview has failed and may recover by itself.
func (a *applied) unhealthy() bool {
	return slices.ContainsFunc(a.failed.list, func(s problem) bool { return s.reason == meta.HealthCheckFailedReason })
}

// apply writes the plan, step by step. A preview that fails in one is left out
// of the next; one whose objects are not ready yet is taken further in a later
// run. Nobody waits for anybody else.
func (r *run) apply(ctx context.Context, session *apply.Session, p desired) (applied, error) {
	out := applied{}
	out.failed.addAll(p.failed)
	for n, s := range p.steps {
		stopped := out.stopped()
		objects := stopped.without(s.objects)
		result, err := session.Apply(ctx, objects)
		if err != nil {
			return out, err
		}
		out.add(objects, result)
		if n == len(p.steps)-1 {
			break
		}
		if err := r.check(ctx, session, checkup{desired: p, step: s, result: &out, waiting: &out.held}); err != nil {
			return out, err
		}
	}
	r.noteTries(p, out.failed)
	return out, nil
}

// add notes what applying a step came to, failures in the order of its objects.
func (a *applied) add(objects []apply.Object, result apply.Result) {
	a.changes = append(a.changes, result.Changes...)
	a.due = apply.Sooner(a.due, result.Due)
	for _, object := range objects {
		for _, key := range object.Groups() {
			if err := result.Failed[key]; err != nil {
				a.failed.add(problem{key: key, reason: meta.ReconciliationFailedReason, err: err})
			}
		}
	}
}

// checkLast looks at the health of the last step, when the set asks for it.
func (r *run) checkLast(ctx context.Context, session *apply.Session, p desired, result *applied) error {
	if !r.set.Spec.Wait || len(p.steps) == 0 {
		return nil
	}
	last := p.steps[len(p.steps)-1]
	return r.check(ctx, session, checkup{desired: p, step: last, result: result, waiting: &result.unready})
}

// checkup is a look at the health of a step.
type checkup struct {
	desired desired
	step    step
	result  *applied
	// waiting receives the previews that are not ready yet.
	waiting *problems
}

// check looks at the health of the objects of a step once. A preview that is
// not ready waits, until its time is up.
func (r *run) check(ctx context.Context, session *apply.Session, c checkup) error {
	stopped := c.result.stopped()
	objects := stopped.without(c.step.objects)
	unready, err := session.Health(ctx, objects)
	if err != nil {
		return fmt.Errorf("checking the health of what was applied: %w", err)
	}
	for _, object := range objects {
		for _, key := range object.Groups() {
			if found, ill := unready[key]; ill && !stopped.has(key) {
				r.judge(c, key, found)
			} else {
				delete(r.memory.waits, spot{key, c.step.name})
			}
		}
	}
	return nil
}

// judge decides whether a preview that is not ready goes on waiting.
func (r *run) judge(c checkup, key string, found apply.Unready) {
	revision := c.desired.revisionOf(key)
	waited := r.started.Sub(r.memory.waiting(spot{key, c.step.name}, revision, r.started))
	err := r.atStep(c.step, fmt.Errorf("%s", found))
	switch timeout := r.timeout(c.step.name); {
	case found.Failed:
		c.result.failed.add(problem{key: key, reason: meta.HealthCheckFailedReason, err: err})
	case waited >= timeout:
		err = fmt.Errorf("%w; it had %s to get ready", err, timeout)
		c.result.failed.add(problem{key: key, reason: meta.HealthCheckFailedReason, err: err})
	default:
		c.waiting.add(problem{key: key, reason: meta.ProgressingReason, err: err})
	}
}

// atStep says at which of several steps something happened.
func (r *run) atStep(s step, err error) error {
	if s.name == "" {
		return err
	}
	for n, one := range r.set.Spec.Steps {
		if one.Name == s.name {
			return fmt.Errorf("step %q (%d of %d): %w", s.name, n+1, len(r.set.Spec.Steps), err)
		}
	}
	return err
}

// prunable is what pruning has to go by.
type prunable struct {
	known   apply.Inventory
	desired desired
	result  applied
}

// prune deletes what the set owned and no input asks for, and returns what it owns
// now. It comes after all steps.
func (r *run) prune(ctx context.Context, session *apply.Session, p prunable) (apply.Pruned, apply.Inventory) {
	stopped := p.result.stopped()
	var unwanted apply.Inventory
	kept := slices.Clone(p.desired.inventory)
	for _, entry := range p.known.Without(p.desired.inventory) {
		if p.mayGo(entry, stopped) {
			unwanted = append(unwanted, entry)
		} else {
			kept = append(kept, entry)
		}
	}
	pruned := session.Prune(ctx, unwanted)
	if p.desired.blind || len(pruned.Left) > 0 { // who shared an object before may still, or needs it to go
		kept = kept.SharedAs(p.known)
	}
	return pruned, r.memory.applied.Endings(kept).Union(pruned.Left)
}

// mayGo reports whether an object is proven unwanted: nobody asks for it, its
// preview is taken all the way, or is gone, and every provider has spoken. Of
// those that share an object the inventory names one, and it may be another that
// has failed, even before it was known what it asks for; and of those that are known
// by their position, another may have it by now.
func (p prunable) mayGo(entry apply.Entry, stopped problems) bool {
	ambiguous := entry.Shared || input.IsPosition(entry.Owner)
	if len(p.desired.inputs.Silent) > 0 || p.desired.asked[entry.Ref] || (ambiguous && p.desired.blind) {
		return false
	}
	if entry.Owner == "" { // it is not known whose it was
		return stopped.len() == 0
	}
	return !stopped.has(entry.Owner)
}
