package apply

import (
	"fmt"

	"github.com/fluxcd/pkg/ssa/normalize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// normalized returns an object without what the API server would not store as
// written, such as a Secret's stringData.
func normalized(object Object) (Object, error) {
	written := object.Object
	object.Unstructured = object.DeepCopy()
	unstructured.RemoveNestedField(object.Object, "status")
	if err := normalize.Unstructured(object.Unstructured); err != nil {
		return object, fmt.Errorf("%s is not a valid object: %w", object.Ref(), err)
	}
	dropInvented(object.Object, written)
	return object, nil
}

// dropInvented removes the empty fields that normalizing a known kind adds, such
// as a Deployment's strategy: who did not write a field does not own it.
func dropInvented(value, written any) {
	switch value := value.(type) {
	case map[string]any:
		before, _ := written.(map[string]any)
		for key, below := range value {
			if was, there := before[key]; there {
				dropInvented(below, was)
			} else if isEmpty(below) {
				delete(value, key)
			}
		}
	case []any:
		before, _ := written.([]any)
		for i := range min(len(value), len(before)) {
			dropInvented(value[i], before[i])
		}
	}
}

func isEmpty(value any) bool {
	fields, isMap := value.(map[string]any)
	return value == nil || (isMap && len(fields) == 0)
}
