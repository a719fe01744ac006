package flux

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/eddy-previews/eddy/internal/object"
)

// Sources lists what a deployer deploys from.
func Sources(o *unstructured.Unstructured) []object.Ref {
	kind, _ := deployerOf(kindOf(o))
	var out []object.Ref
	for _, path := range kind.sources {
		ref, _, _ := unstructured.NestedMap(o.Object, path...)
		if name := text(ref, "name"); name != "" {
			out = append(out, referred(ref, schema.GroupKind{Group: sourceGroup, Kind: text(ref, "kind")}, o))
		}
	}
	return out
}

// Dependencies lists what a deployer waits for, one for each item of
// spec.dependsOn.
func Dependencies(o *unstructured.Unstructured) []object.Ref {
	list, _, _ := unstructured.NestedSlice(o.Object, "spec", "dependsOn")
	out := make([]object.Ref, 0, len(list))
	for _, item := range list {
		ref, _ := item.(map[string]any)
		out = append(out, referred(ref, kindOf(o), o))
	}
	return out
}

// referred is an object that another refers to, in its own namespace unless it
// says otherwise.
func referred(ref map[string]any, kind schema.GroupKind, from *unstructured.Unstructured) object.Ref {
	namespace := text(ref, "namespace")
	if namespace == "" {
		namespace = from.GetNamespace()
	}
	return object.RefTo(kind, namespace, text(ref, "name"))
}

func text(fields map[string]any, key string) string {
	value, _ := fields[key].(string)
	return value
}
