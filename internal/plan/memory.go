package plan

import (
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/reference"
	"github.com/eddy-previews/eddy/internal/render"
)

// Memory remembers what each input set of one ResourceSet was rendered to, so that a
// change of one is rendered once and not once for each. Templates say the same of the
// same values, whenever they are asked, so that nothing else has to be looked at. It is
// a cache: losing it costs the rendering. The nil Memory remembers nothing.
//
// Its objects are shared by all plans that are made with it, and may not be changed.
type Memory struct {
	decoded input.Memory
	program *render.Program
	served  uint64
	known   map[string]*kept
}

// kept is what an input set was rendered to.
type kept struct {
	render.Preview
	// facts are those of its objects, in their order.
	facts []facts
	// weight is about how many bytes it takes; 0 before it was remembered.
	weight int
}

// facts are what each plan asks of an object, and what holds as long as it is the same.
type facts struct {
	name name
	// disabled: it is annotated to be left out.
	disabled bool
	// takes and gives say whether it takes from others, and whether others may take from it.
	takes, gives bool
}

func factsOf(one render.Preview) []facts {
	out := make([]facts, 0, len(one.Objects))
	for _, object := range one.Objects {
		out = append(out, facts{
			name: nameOf(object), disabled: object.GetAnnotations()[v1.ReconcileAnnotation] == v1.DisabledValue,
			takes: reference.Asks(object.Unstructured), gives: reference.Gives(object.Unstructured),
		})
	}
	return out
}

// maxRemembered bounds what is kept of one set, in bytes as they are about. A set that
// renders more has the rest of it rendered each time.
const maxRemembered = 64 << 20

// inputs is the memory of what inputs were decoded to.
func (m *Memory) inputs() *input.Memory {
	if m == nil {
		return nil
	}
	return &m.decoded
}

// recall finds what is known of input sets, by their position; nil for those that have
// to be rendered, which are listed as well.
func (m *Memory) recall(program *render.Program, served uint64, sets []input.Set) (known []*kept, fresh []input.Set) {
	known = make([]*kept, len(sets))
	if m == nil || m.program != program || m.served != served {
		if m != nil {
			m.program, m.served, m.known = program, served, nil
		}
		return known, sets
	}
	for n, set := range sets {
		last := m.known[set.Key()]
		if last == nil || set.Err != nil || !reflect.DeepEqual(last.Input.Values, set.Values) {
			fresh = append(fresh, set)
			continue
		}
		again := *last
		again.Input = set
		known[n] = &again
	}
	return known, fresh
}

// join puts what is known between what was rendered, in the order of the input sets.
func join(known []*kept, fresh []render.Preview) []*kept {
	out := make([]*kept, 0, len(known))
	for _, one := range known {
		if one == nil {
			one, fresh = &kept{Preview: fresh[0], facts: factsOf(fresh[0])}, fresh[1:]
		}
		out = append(out, one)
	}
	return out
}

// remember keeps what input sets were rendered to, but for what was refused, and what
// is filled with the data of others, which is read each time. Where definitions are
// among it, on which the place of all else may depend, nothing is kept.
func (m *Memory) remember(rendered []*kept, refused map[*unstructured.Unstructured]error) {
	if m == nil {
		return
	}
	next, weight := make(map[string]*kept, len(rendered)), 0
	for _, one := range rendered {
		if one.weight == 0 {
			switch {
			case definesKinds(one.Preview):
				m.known = nil
				return
			case one.Err != nil || one.Input.IsNone() || !one.isWhole(refused):
				continue
			}
			one.weight = weigh(one.Preview)
		}
		if weight += one.weight; weight > maxRemembered {
			break
		}
		next[one.Input.Key()] = one
	}
	m.known = next
}

func definesKinds(one render.Preview) bool {
	for _, object := range one.Objects {
		if object.GroupVersionKind().GroupKind() == (schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}) {
			return true
		}
	}
	return false
}

// isWhole reports whether all that a preview asks for is as it was rendered.
func (k *kept) isWhole(refused map[*unstructured.Unstructured]error) bool {
	for n, object := range k.Objects {
		if refused[object.Unstructured] != nil || k.facts[n].takes {
			return false
		}
	}
	return true
}

// weigh is about how much memory a preview takes.
func weigh(one render.Preview) int {
	total := 0
	for _, object := range one.Objects {
		total += weight(object.Object)
	}
	return total
}

func weight(value any) int {
	const node = 64 // a value with its place in a map or a list
	total := node
	switch value := value.(type) {
	case string:
		total += len(value)
	case map[string]any:
		for key, below := range value {
			total += len(key) + weight(below)
		}
	case []any:
		for _, item := range value {
			total += weight(item)
		}
	}
	return total
}
