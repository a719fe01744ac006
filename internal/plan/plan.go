// Package plan says what a ResourceSet wants a cluster to hold: the set and its
// providers in, objects and previews and what is wrong with them out.
//
//	inputs, err := plan.InputsOf(set, providers)
//	wanted, err := plan.Make(ctx, plan.Request{Set: set, Inputs: inputs.Sets})
//
// A request becomes objects in five steps, which the operator, `eddy diff` and the
// builds without a cluster all take:
//
//	providers ──> inputs ──> render ──> place ──> combine ──> fill
//
// Nothing is written here. What has to be known of a cluster is asked by what the
// caller hands in: where objects belong, and what they take from others. Without
// these, as offline, objects stay as they are written.
package plan

import (
	"context"
	"slices"

	"github.com/fluxcd/pkg/apis/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/reference"
	"github.com/eddy-previews/eddy/internal/render"
)

// Request is what a plan is made of.
type Request struct {
	Set *v1.ResourceSet
	// Inputs to render, as InputsOf lists them.
	Inputs []input.Set
	// Program is the compiled set; compiled here when nil.
	Program *render.Program
	// Place gives objects the names that the cluster knows them by, and returns
	// why some of them cannot be applied; nil leaves them as they are written.
	Place func(objects []*unstructured.Unstructured) map[*unstructured.Unstructured]error
	// References reads what objects take from others; nil leaves that out.
	References *reference.Resolver
	// Memory of what was made before, nil for none. The program has to be given then.
	Memory *Memory
	// Served stands for what Place goes by: where it is another one than for the last
	// plan, nothing of that is used again.
	Served uint64
}

// Plan is what all input sets together ask for.
type Plan struct {
	Steps []Step
	// Previews are those of all input sets, in their order.
	Previews []Preview
}

// Step is a part of a plan that is ready before the next one starts; a set
// without steps has one, without a name.
type Step struct {
	Name    string
	Objects []Object
}

// Preview is what one input set asks for.
type Preview struct {
	Input input.Set
	// Err is why it has no objects: it failed to render, does not fit together
	// with the others, or takes from what cannot be read.
	Err error
	// Reason is that of Err in a word: BuildFailed or ReconciliationFailed.
	Reason string
}

// Object is one that is asked for, and by whom.
type Object struct {
	*unstructured.Unstructured
	// Input is the key of the input set that asked for it first.
	Input string
	// Sharers are the keys of others that asked for just the same.
	Sharers []string
	// Field of the ResourceSet that holds its template: spec.resources[0], say.
	Field string
	// Refused is why it cannot be applied as things are; nil when it can.
	Refused error

	// item is the position of its template in the step.
	item int
	// refers: it takes from others, or they may take from it.
	refers bool
}

// Objects lists the objects of all steps.
func (p Plan) Objects() []Object {
	var out []Object
	for _, step := range p.Steps {
		out = append(out, step.Objects...)
	}
	return out
}

// Make renders each input set on its own: what is wrong with one is told in its
// preview. The error is about the templates as a whole, or that of ctx.
func Make(ctx context.Context, r Request) (Plan, error) {
	program := r.Program
	if program == nil {
		compiled, err := render.Compile(r.Set)
		if err != nil {
			return Plan{}, err
		}
		program = compiled
	}
	known, inputs := r.Memory.recall(program, r.Served, r.Inputs)
	fresh, err := program.All(ctx, inputs)
	if err != nil {
		return Plan{}, err
	}
	var refused map[*unstructured.Unstructured]error
	if r.Place != nil {
		refused = r.Place(objectsOf(fresh))
	}
	rendered := join(known, fresh)
	r.Memory.remember(rendered, refused)
	plan := newCombination(program.Steps()).of(rendered)
	for n := range plan.Steps {
		for i := range plan.Steps[n].Objects {
			object := &plan.Steps[n].Objects[i]
			object.Refused = refused[object.Unstructured]
		}
	}
	if r.References != nil {
		plan.fill(ctx, r.References)
	}
	return plan, nil
}

func objectsOf(rendered []render.Preview) []*unstructured.Unstructured {
	var out []*unstructured.Unstructured
	for _, preview := range rendered {
		for _, object := range preview.Objects {
			out = append(out, object.Unstructured)
		}
	}
	return out
}

// fail says why a preview has no objects. What was found first stays.
func (p *Preview) fail(reason string, err error) {
	if p.Err == nil && err != nil {
		p.Err, p.Reason = err, reason
	}
}

// fill gives the objects what they take from others. A preview that takes from
// something which is not there fails alone.
func (p *Plan) fill(ctx context.Context, references *reference.Resolver) {
	objects := slices.DeleteFunc(p.Objects(), func(o Object) bool { return !o.refers })
	if len(objects) == 0 {
		return
	}
	byKey := make(map[string]*Preview, len(p.Previews))
	for n := range p.Previews {
		byKey[p.Previews[n].Input.Key()] = &p.Previews[n]
	}
	// Checksums come last: they are of what was filled in.
	for _, fill := range []func(context.Context, *unstructured.Unstructured) error{references.Fill, references.Sum} {
		for _, object := range objects {
			if !object.isWanted(byKey) {
				continue
			}
			err := fill(ctx, object.Unstructured)
			for _, key := range object.Askers() {
				byKey[key].fail(meta.ReconciliationFailedReason, err)
			}
		}
	}
}

// isWanted reports whether one of those that ask for an object has not failed.
func (o Object) isWanted(byKey map[string]*Preview) bool {
	for _, key := range o.Askers() {
		if byKey[key].Err == nil {
			return true
		}
	}
	return false
}

// Askers are the keys of all that ask for the object.
func (o Object) Askers() []string { return append([]string{o.Input}, o.Sharers...) }
