package simulate

import (
	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/eddy-previews/eddy/internal/schema"
)

// kustomizationOf reads a Kustomization of Flux. One that the API server would refuse
// for some of its fields is read without them, so that what it deploys is known all
// the same: what is wrong with it, those say who ask internal/schema.
func kustomizationOf(object *unstructured.Unstructured) (*kustomizev1.Kustomization, error) {
	out := &kustomizev1.Kustomization{}
	err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, out)
	if err == nil {
		return out, nil
	}
	legible := object.DeepCopy()
	for _, fault := range schema.Open(schema.Versions()...).Check(object) {
		without(legible.Object, fault.Path)
	}
	out = &kustomizev1.Kustomization{}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(legible.Object, out) != nil {
		return nil, err
	}
	return out, nil
}

// without takes a field out of a tree.
func without(tree any, path []any) {
	for n, step := range path {
		last := n == len(path)-1
		switch in := tree.(type) {
		case map[string]any:
			key, _ := step.(string)
			if last {
				delete(in, key)
			}
			tree = in[key]
		case []any:
			at, ok := step.(int)
			if !ok || at >= len(in) {
				return
			}
			if last {
				in[at] = map[string]any{}
			}
			tree = in[at]
		default:
			return
		}
	}
}
