package templater

import (
	"context"
	"fmt"
	"time"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/render"
)

// plan is what a run wants the cluster to hold.
type plan struct {
	inputs inputs
	steps  []step
	// inventory lists the objects of all steps, in the order of the steps.
	inventory apply.Inventory
	// failed holds the error of each preview that could not be rendered.
	failed failures
}

// step is a part of the plan that is ready before the next one starts.
type step struct {
	name    string
	objects []apply.Object
}

// plan renders each input set on its own.
func (r *run) plan(in inputs) (plan, error) {
	program, err := r.programs.of(r.set)
	if err != nil {
		return plan{}, stalledBuild(fmt.Errorf("build failed: %w", err))
	}
	rendered := program.Combine(program.All(in.sets))

	out := plan{inputs: in}
	for _, preview := range rendered.Previews {
		err := preview.Err
		if err == nil {
			err = unsupported(preview)
		}
		if err != nil {
			out.failed.add(preview.Input.Key(), err)
		}
	}
	if len(out.failed) > 0 && r.single() {
		return plan{}, stalledBuild(fmt.Errorf("build failed: %w", out.failed[0].err))
	}
	for _, s := range rendered.Steps {
		out.steps = append(out.steps, step{name: s.Name, objects: grouped(s.Objects, out.failed)})
	}
	for _, s := range out.steps {
		out.inventory = append(out.inventory, apply.InventoryOf(s.objects)...)
	}
	return out, nil
}

// grouped returns the objects of the previews that did not fail.
func grouped(objects []render.Object, failed failures) []apply.Object {
	out := make([]apply.Object, 0, len(objects))
	for _, o := range objects {
		if !failed.has(o.Input) {
			out = append(out, apply.Object{Unstructured: o.Unstructured, Group: o.Input})
		}
	}
	return out
}

// single reports whether the set renders once, for no input: it has no
// previews that could fail alone.
func (r *run) single() bool {
	return len(r.set.Spec.Inputs) == 0 && len(r.set.Spec.InputsFrom) == 0
}

// claim stores the inventory of old and new before anything is written, so
// that what is created is known to be owned whatever happens next. It returns
// what the set owned before.
func (r *run) claim(ctx context.Context, p plan) (apply.Inventory, error) {
	known, err := apply.ReadInventory(r.set.Status.Inventory)
	if err != nil {
		return nil, err
	}
	if len(p.inventory.Without(known)) == 0 {
		return known, nil
	}
	r.set.Status.Inventory = known.Union(p.inventory).Stored()
	if err := r.save(ctx); err != nil {
		return nil, fmt.Errorf("storing the inventory before applying: %w", err)
	}
	return known, nil
}

// objects returns the objects of all steps.
func (p plan) objects() []apply.Object {
	var out []apply.Object
	for _, s := range p.steps {
		out = append(out, s.objects...)
	}
	return out
}

// timeout returns how long the objects of a step may take to become ready.
func (r *run) timeout(name string) time.Duration {
	for _, s := range r.set.Spec.Steps {
		if s.Name == name && s.Timeout != nil {
			return s.Timeout.Duration
		}
	}
	return r.set.GetTimeout()
}
