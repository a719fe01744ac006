package apply

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/render"
)

// Definitions are the kinds that some objects define, and whether the objects
// of each have a namespace.
type Definitions map[schema.GroupKind]bool

// DefinitionsIn returns what the CustomResourceDefinitions among objects define.
func DefinitionsIn(objects []*unstructured.Unstructured) Definitions {
	out := Definitions{}
	for _, o := range objects {
		if o.GroupVersionKind().GroupKind() != (schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}) {
			continue
		}
		group, _, _ := unstructured.NestedString(o.Object, "spec", "group")
		kind, _, _ := unstructured.NestedString(o.Object, "spec", "names", "kind")
		scope, _, _ := unstructured.NestedString(o.Object, "spec", "scope") // what is wrong with them the API server says
		out[schema.GroupKind{Group: group, Kind: kind}] = scope == "Namespaced"
	}
	return out
}

// Place gives an object the name that the API server knows it by: without a
// namespace where its kind has none, whatever is written, and otherwise with
// the given one where none is written. Two that are one object are seen to be so.
//
// The error says why the object cannot be applied as things are: its kind is not
// known, not served in its version, or not kept, or its name can be no name.
func (k *Kinds) Place(o *unstructured.Unstructured, namespace string, defined Definitions) error {
	gvk := o.GroupVersionKind()
	kind, err := k.Of(gvk.GroupKind())
	if err == nil && !kind.Serves(gvk.Version) {
		kind, err = k.Again(gvk.GroupKind())
	}
	namespaced, defines := defined[gvk.GroupKind()]
	switch {
	case err == nil:
		namespaced = kind.Namespaced
	case !defines || !meta.IsNoMatchError(err):
		return explain(object.RefOf(o), nil, err)
	}
	switch {
	case !namespaced:
		unstructured.RemoveNestedField(o.Object, "metadata", "namespace")
	case o.GetNamespace() == "":
		o.SetNamespace(namespace)
	}
	switch ref := object.RefOf(o); {
	case err == nil && !kind.Serves(gvk.Version) && !defines:
		return fmt.Errorf("%s: the cluster serves %s in version %s, and not in %s: change its apiVersion",
			ref, gvk.Kind, strings.Join(kind.Versions, ", "), gvk.Version)
	case err == nil && !kind.IsKept():
		return fmt.Errorf("%s: the API server keeps no objects of this kind, so that they cannot be applied: leave it out", ref)
	default:
		return checkName(ref)
	}
}

// Placer places objects that are applied together, where one may define the kind
// of another, and returns why some of them cannot be applied.
func (k *Kinds) Placer(namespace string) func(objects []*unstructured.Unstructured) map[*unstructured.Unstructured]error {
	return func(objects []*unstructured.Unstructured) map[*unstructured.Unstructured]error {
		defined, refused := DefinitionsIn(objects), map[*unstructured.Unstructured]error{}
		for _, o := range objects {
			if err := k.Place(o, namespace, defined); err != nil {
				refused[o] = err
			}
		}
		return refused
	}
}

// checkName refuses a name that is none in an address, or that the inventory
// would give back as another.
func checkName(ref object.Ref) error {
	for _, name := range []string{ref.Name, ref.Namespace} {
		if wrong := content.IsPathSegmentName(name); len(wrong) > 0 {
			return fmt.Errorf("%s: %q can be no name: it %s; make one of what goes into it: << TEXT | %s >>", ref, name, wrong[0], render.NameOfText)
		}
	}
	if read, err := object.ParseID(ref.ID()); err != nil || read != ref {
		return fmt.Errorf("%s: the inventory cannot hold it: its name has __ in it, or its kind or namespace _; give it another", ref)
	}
	return nil
}

// Placed returns the inventory with each object as the API server knows it. A
// namespace that an older version noted for a kind that has none is dropped.
func (k *Kinds) Placed(inventory Inventory) Inventory {
	out := make(Inventory, 0, len(inventory))
	seen := make(map[object.Ref]bool, len(inventory))
	for _, entry := range inventory {
		if entry.Namespace != "" {
			if kind, err := k.Of(entry.GroupKind()); err == nil && !kind.Namespaced {
				entry.Namespace = ""
			}
		}
		if !seen[entry.Ref] {
			seen[entry.Ref] = true
			out = append(out, entry)
		}
	}
	return out
}
