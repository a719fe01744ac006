package render

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Plan is what all input sets together ask for.
type Plan struct {
	Steps []Step
	// Previews are all that were combined; Err is set on those that failed to
	// render, or that do not fit together with the others.
	Previews []Preview
}

// Step is a part of a plan; a set without steps has one, without a name.
type Step struct {
	Name    string
	Objects []Object
}

// Objects lists the objects of all steps.
func (p Plan) Objects() []*unstructured.Unstructured {
	var out []*unstructured.Unstructured
	for _, step := range p.Steps {
		for _, object := range step.Objects {
			out = append(out, object.Unstructured)
		}
	}
	return out
}

// identity names an object, whatever version it is written in.
type identity struct{ group, kind, namespace, name string }

func (o Object) identity() identity {
	gvk := o.GroupVersionKind()
	return identity{gvk.Group, gvk.Kind, o.GetNamespace(), o.GetName()}
}

func (i identity) String() string {
	if i.namespace == "" {
		return i.kind + "/" + i.name
	}
	return i.kind + "/" + i.namespace + "/" + i.name
}

// Combine puts the objects of all previews in order: for each resource, for
// each input; then for each input the documents of the template. The same
// object twice is one object; with different content the later preview fails.
// Objects that are annotated as disabled are left out.
func (p *Program) Combine(previews []Preview) Plan {
	plan := Plan{Previews: slices.Clone(previews)}
	for _, step := range p.steps {
		plan.Steps = append(plan.Steps, Step{Name: step.name})
	}
	owners := map[identity]*claim{}
	for i := range plan.Previews {
		preview := &plan.Previews[i]
		if preview.Err == nil {
			preview.Err = p.fit(*preview, owners)
		}
		if preview.Err != nil {
			preview.Objects = nil
		}
	}
	p.gather(&plan, owners)
	return plan
}

// claim is the first preview that asked for an object, and where; others may
// share it.
type claim struct {
	object  Object
	by      Preview
	sharers []string
}

// fit checks a preview against those before it, and claims its objects. Of one
// that it asks for twice, the first counts, here and for those after it.
func (p *Program) fit(preview Preview, owners map[identity]*claim) error {
	mine, claimed, shared := map[identity]*claim{}, map[identity]*claim{}, []*claim{}
	for _, object := range preview.Objects {
		if p.excluded(preview, object) {
			continue
		}
		id, own := object.identity(), &claim{object: object, by: preview}
		if before, twice := mine[id]; twice {
			if err := p.clash(*before, *own); err != nil {
				return &InputError{Input: preview.Input, Err: err}
			}
			continue
		}
		mine[id] = own
		first, taken := owners[id]
		if !taken {
			claimed[id] = own
			continue
		}
		if err := p.clash(*first, *own); err != nil {
			return &InputError{Input: preview.Input, Err: err}
		}
		shared = append(shared, first)
	}
	maps.Copy(owners, claimed)
	for _, one := range shared {
		one.sharers = append(one.sharers, preview.Input.Key())
	}
	return nil
}

// clash says why two claims to one object do not go together; nil when they do.
func (p *Program) clash(first, second claim) error {
	id := second.object.identity()
	if first.object.step != second.object.step {
		return fmt.Errorf("duplicate resource %s in step %q, already defined in step %q",
			id, p.steps[second.object.step].name, p.steps[first.object.step].name)
	}
	if first.by.Input.Key() == second.by.Input.Key() || reflect.DeepEqual(first.object.Object, second.object.Object) {
		return nil
	}
	return fmt.Errorf("%s is asked for by %s too, with other content: use << inputs.id >> in its name", id, first.by.Input)
}

// gather lists the claimed objects of the plan's steps, in order.
func (p *Program) gather(plan *Plan, owners map[identity]*claim) {
	for _, preview := range plan.Previews {
		for _, object := range preview.Objects {
			if p.unclaimed(preview, object, owners) {
				continue
			}
			if claimed := owners[object.identity()]; claimed != nil {
				object.Sharers = claimed.sharers
			}
			step := &plan.Steps[object.step]
			step.Objects = append(step.Objects, object)
		}
	}
	for n := range plan.Steps {
		resources := p.steps[n].resources
		slices.SortStableFunc(plan.Steps[n].Objects, func(a, b Object) int {
			// The template's documents stay together for each input.
			if a.item >= resources && b.item >= resources {
				return 0
			}
			return cmp.Compare(a.item, b.item)
		})
	}
}

// unclaimed reports whether an object is excluded, or another's already.
func (p *Program) unclaimed(preview Preview, object Object, owners map[identity]*claim) bool {
	if p.excluded(preview, object) {
		return true
	}
	if preview.Input.IsNone() && object.item < p.steps[object.step].resources {
		return false
	}
	first, ok := owners[object.identity()]
	return !ok || first.object.Unstructured != object.Unstructured
}

// excluded reports whether an object is annotated to be left out. Without
// inputs, that holds for the template's documents alone.
func (p *Program) excluded(preview Preview, object Object) bool {
	if preview.Input.IsNone() && object.item < p.steps[object.step].resources {
		return false
	}
	return object.GetAnnotations()[v1.ReconcileAnnotation] == v1.DisabledValue
}
