package apply

import (
	"slices"
	"sort"

	fluxobject "github.com/fluxcd/cli-utils/pkg/object"
	"github.com/fluxcd/pkg/ssa"
	ssautils "github.com/fluxcd/pkg/ssa/utils"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/eddy-previews/eddy/internal/object"
)

// stage is a part of a set that is written before the next one starts.
type stage struct {
	objects []Object
	// needed: the next stage needs these to be ready.
	needed bool
}

// stages sorts objects into the order in which they build on each other:
// definitions (CRDs, namespaces, cluster roles), classes, roles, the rest.
func stages(objects []Object) []stage {
	out := []stage{{needed: true}, {needed: true}, {}, {}}
	for _, o := range objects {
		n := stageOf(o.Unstructured)
		out[n].objects = append(out[n].objects, o)
	}
	for _, s := range out {
		sortObjects(s.objects)
	}
	return out
}

var roles = map[schema.GroupKind]struct{}{
	{Group: "rbac.authorization.k8s.io", Kind: "Role"}: {},
}

func stageOf(o *unstructured.Unstructured) int {
	switch {
	case ssautils.IsClusterDefinition(o):
		return 0
	case ssautils.IsClassDefinition(o):
		return 1
	case ssautils.IsCustomStage(o, roles):
		return 2
	default:
		return 3
	}
}

// sortObjects orders by kind (what others need comes first), namespace, name.
func sortObjects(objects []Object) {
	sort.Sort(byKind(objects))
}

type byKind []Object

func (b byKind) Len() int      { return len(b) }
func (b byKind) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
func (b byKind) Less(i, j int) bool {
	return before(b[i].Ref(), b[j].Ref())
}

// before reports whether Flux applies one object before another, by their kinds and names.
func before(one, other object.Ref) bool {
	return ssa.SortableMetas{metadata(one), metadata(other)}.Less(0, 1)
}

// metadata names an object as Flux's packages do.
func metadata(r object.Ref) fluxobject.ObjMetadata {
	return fluxobject.ObjMetadata{GroupKind: r.GroupKind(), Namespace: r.Namespace, Name: r.Name}
}

// kinds cuts sorted objects into runs of one kind.
func kinds(objects []Object) [][]Object {
	return slices.Collect(chunkBy(objects, func(a, b Object) bool {
		return a.GroupVersionKind().GroupKind() == b.GroupVersionKind().GroupKind()
	}))
}

// chunkBy yields the longest runs of neighbours that are alike.
func chunkBy[T any](items []T, alike func(a, b T) bool) func(yield func([]T) bool) {
	return func(yield func([]T) bool) {
		for start := 0; start < len(items); {
			end := start + 1
			for end < len(items) && alike(items[start], items[end]) {
				end++
			}
			if !yield(items[start:end]) {
				return
			}
			start = end
		}
	}
}
