package plan

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/fluxcd/pkg/apis/meta"

	"github.com/eddy-previews/eddy/internal/render"
)

// name is that of an object, whatever version it is written in.
type name struct{ group, kind, namespace, name string }

func nameOf(o render.Object) name {
	gvk := o.GroupVersionKind()
	return name{gvk.Group, gvk.Kind, o.GetNamespace(), o.GetName()}
}

func (n name) String() string {
	if n.namespace == "" {
		return n.kind + "/" + n.name
	}
	return n.kind + "/" + n.namespace + "/" + n.name
}

// demand is the first preview that asked for an object, and where; others may
// share it.
type demand struct {
	object  render.Object
	name    name
	by      *kept
	sharers []string
}

// combination puts what the input sets ask for together.
type combination struct {
	steps []render.Step
	// demands are of the objects that are asked for so far.
	demands map[name]*demand
}

func newCombination(steps []render.Step) *combination {
	return &combination{steps: steps, demands: map[name]*demand{}}
}

// of puts the objects of all previews in order: for each resource, for each
// input; then for each input the documents of the template. The same object twice
// is one object; with different content the later preview fails. Objects that are
// annotated as disabled are left out.
func (c *combination) of(rendered []*kept) Plan {
	plan := Plan{Previews: make([]Preview, 0, len(rendered))}
	for _, step := range c.steps {
		plan.Steps = append(plan.Steps, Step{Name: step.Name})
	}
	for _, one := range rendered {
		err := one.Err
		if err == nil {
			err = c.fit(one)
		}
		preview := Preview{Input: one.Input}
		preview.fail(meta.BuildFailedReason, err)
		plan.Previews = append(plan.Previews, preview)
	}
	c.gather(&plan, rendered)
	return plan
}

// fit checks a preview against those before it, and demands its objects. Of one
// that it asks for twice, the first counts, here and for those after it.
func (c *combination) fit(preview *kept) error {
	mine, demanded, shared := map[name]*demand{}, map[name]*demand{}, []*demand{}
	for n, object := range preview.Objects {
		if c.excludes(preview, n) {
			continue
		}
		id := preview.facts[n].name
		own := &demand{object: object, name: id, by: preview}
		if before, twice := mine[id]; twice {
			if err := c.clash(*before, *own); err != nil {
				return &render.InputError{Input: preview.Input, Err: err}
			}
			continue
		}
		mine[id] = own
		first, taken := c.demands[id]
		if !taken {
			demanded[id] = own
			continue
		}
		if err := c.clash(*first, *own); err != nil {
			return &render.InputError{Input: preview.Input, Err: err}
		}
		shared = append(shared, first)
	}
	maps.Copy(c.demands, demanded)
	for _, one := range shared {
		one.sharers = append(one.sharers, preview.Input.Key())
	}
	return nil
}

// clash says why two demands for one object do not go together; nil when they do.
func (c *combination) clash(first, second demand) error {
	id := second.name
	if first.object.Step != second.object.Step {
		return fmt.Errorf("duplicate resource %s in step %q, already defined in step %q",
			id, c.steps[second.object.Step].Name, c.steps[first.object.Step].Name)
	}
	if first.by.Input.Key() == second.by.Input.Key() || reflect.DeepEqual(first.object.Object, second.object.Object) {
		return nil
	}
	return fmt.Errorf("%s is asked for by %s too, with other content: use << inputs.id >> in its name", id, first.by.Input)
}

// gather lists the demanded objects of the plan's steps, in order.
func (c *combination) gather(plan *Plan, rendered []*kept) {
	for i, preview := range rendered {
		if plan.Previews[i].Err != nil {
			continue
		}
		for n, object := range preview.Objects {
			demanded, leftOut := c.demanded(preview, n)
			if leftOut {
				continue
			}
			facts := preview.facts[n]
			out := Object{
				Unstructured: object.Unstructured, Input: object.Input, Field: object.Field, item: object.Item,
				refers: facts.takes || facts.gives,
			}
			if demanded != nil {
				out.Sharers = demanded.sharers
			}
			step := &plan.Steps[object.Step]
			step.Objects = append(step.Objects, out)
		}
	}
	for n := range plan.Steps {
		resources := c.steps[n].Resources
		slices.SortStableFunc(plan.Steps[n].Objects, func(a, b Object) int {
			// The template's documents stay together for each input.
			if a.item >= resources && b.item >= resources {
				return 0
			}
			return cmp.Compare(a.item, b.item)
		})
	}
}

// demanded returns the demand that an object of a preview meets; it is left out where it
// is excluded, or another's already.
func (c *combination) demanded(preview *kept, n int) (first *demand, leftOut bool) {
	if c.excludes(preview, n) {
		return nil, true
	}
	object := preview.Objects[n]
	first = c.demands[preview.facts[n].name]
	if c.isOfNone(preview, object) {
		return first, false
	}
	return first, first == nil || first.object.Unstructured != object.Unstructured
}

// excludes reports whether an object of a preview is annotated to be left out. Without
// inputs, that holds for the template's documents alone.
func (c *combination) excludes(preview *kept, n int) bool {
	return preview.facts[n].disabled && !c.isOfNone(preview, preview.Objects[n])
}

// isOfNone reports whether an object is of spec.resources in a set without inputs.
func (c *combination) isOfNone(preview *kept, object render.Object) bool {
	return preview.Input.IsNone() && object.Item < c.steps[object.Step].Resources
}
