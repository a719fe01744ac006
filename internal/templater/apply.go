package templater

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/report"
)

// failures lists previews that failed, in the order in which they did.
type failures []failure

// failure is a preview, by the key of its input set, and what stopped it.
type failure struct {
	key string
	err error
}

func (f *failures) add(key string, err error) {
	if !f.has(key) {
		*f = append(*f, failure{key, err})
	}
}

func (f failures) has(key string) bool {
	return slices.ContainsFunc(f, func(one failure) bool { return one.key == key })
}

// without returns the objects of the previews that did not fail.
func (f failures) without(objects []apply.Object) []apply.Object {
	return slices.DeleteFunc(slices.Clone(objects), func(o apply.Object) bool { return f.has(o.Group) })
}

// applied is what came of applying a plan.
type applied struct {
	changes []apply.Change
	// failed are the previews that could not be rendered or applied.
	failed failures
	// unready says why the objects of a step, or of the set, are not ready.
	unready error
}

// apply writes the plan, step by step. A preview that fails in one is left out
// of the next. Each step but the last is waited for; one that does not get
// ready ends the run.
func (r *run) apply(ctx context.Context, applier *apply.Applier, p plan, live apply.Live) (applied, error) {
	out := applied{failed: slices.Clone(p.failed)}
	for n, s := range p.steps {
		last := n == len(p.steps)-1
		if !last {
			if err := r.announceStep(ctx, n, p.steps); err != nil {
				return out, err
			}
		}
		objects := out.failed.without(s.objects)
		result, err := applier.Apply(ctx, r.owner, objects, live)
		if err != nil {
			return out, err
		}
		out.add(objects, result)
		if last {
			break
		}
		if out.unready = r.wait(ctx, applier, s, out.failed); out.unready != nil {
			break
		}
	}
	return out, nil
}

// settle waits for the last step, when the set asks for it.
func (r *run) settle(ctx context.Context, applier *apply.Applier, p plan, result *applied) error {
	if !r.set.Spec.Wait || result.unready != nil || len(p.steps) == 0 {
		return nil
	}
	if err := r.save(ctx); err != nil { // what was pruned, before a wait of minutes
		return err
	}
	result.unready = r.wait(ctx, applier, p.steps[len(p.steps)-1], result.failed)
	return nil
}

// add notes what applying a step came to, failures in the order of its objects.
func (a *applied) add(objects []apply.Object, result apply.Result) {
	a.changes = append(a.changes, result.Changes...)
	for _, object := range objects {
		if err := result.Failed[object.Group]; err != nil {
			a.failed.add(object.Group, err)
		}
	}
}

// announceStep says which of several steps is at work.
func (r *run) announceStep(ctx context.Context, n int, steps []step) error {
	report.MarkReconciling(r.set, fmt.Sprintf("Applying step %d/%d %q", n+1, len(steps), steps[n].name))
	return r.save(ctx)
}

// wait waits for the health of the objects of the previews that did not fail.
func (r *run) wait(ctx context.Context, applier *apply.Applier, s step, failed failures) error {
	var objects []*unstructured.Unstructured
	for _, object := range failed.without(s.objects) {
		objects = append(objects, object.Unstructured)
	}
	if err := applier.Wait(ctx, objects, r.timeout(s.name)); err != nil {
		if s.name != "" {
			return fmt.Errorf("step %q: %w", s.name, err)
		}
		return err
	}
	return nil
}

// prunable is what pruning has to go by.
type prunable struct {
	known  apply.Inventory
	plan   plan
	failed failures
	live   apply.Live
	// incomplete: not all steps were applied.
	incomplete bool
}

// prune deletes what the set owned and no input asks for, and stores in the
// status what it owns now. It comes after all steps, or not at all.
func (r *run) prune(ctx context.Context, applier *apply.Applier, p prunable) apply.Pruned {
	if p.incomplete {
		return apply.Pruned{}
	}
	var unwanted apply.Inventory
	kept := slices.Clone(p.plan.inventory)
	for _, entry := range p.known.Without(p.plan.inventory) {
		if p.mayGo(entry) {
			unwanted = append(unwanted, entry)
		} else {
			kept = append(kept, entry)
		}
	}
	pruned := applier.Prune(ctx, r.owner, unwanted, p.live)
	r.set.Status.Inventory = kept.Union(pruned.Left).Stored()
	return pruned
}

// mayGo reports whether an object is proven unwanted: its preview did not just
// fail, and every provider has spoken.
func (p prunable) mayGo(entry apply.Entry) bool {
	if len(p.plan.inputs.silent) > 0 {
		return false
	}
	if entry.Owner == "" { // it is not known whose it was
		return len(p.failed) == 0
	}
	return !p.failed.has(entry.Owner)
}

// lines lists changes as an event does, a line each.
func lines(changes []apply.Change) string {
	text := make([]string, len(changes))
	for i, change := range changes {
		text[i] = change.String()
	}
	return strings.Join(text, "\n")
}
