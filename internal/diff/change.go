package diff

import (
	"fmt"
	"reflect"

	"github.com/pmezard/go-difflib/difflib"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/object"
)

// Change is what becomes of one object.
type Change struct {
	Ref object.Ref
	// before is nil where it is created, after where it is deleted.
	before, after map[string]any
}

// Action is created, configured or deleted.
func (c Change) Action() apply.Action {
	switch {
	case c.before == nil:
		return apply.Created
	case c.after == nil:
		return apply.Deleted
	default:
		return apply.Configured
	}
}

// Unified is the change as a unified diff of YAML, without what a person does not
// write and with the values of Secrets masked; "" where nothing changes.
func (c Change) Unified() string {
	before, after := mask(c.before, c.after)
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(before), B: lines(after), Context: 3,
		FromFile: c.file("cluster", before), ToFile: c.file("applied", after),
	})
	if err != nil {
		return fmt.Sprintf("%s cannot be compared: %v\n", c.Ref, err)
	}
	return text
}

// file is what a side of the diff is called.
func (c Change) file(side string, value any) string {
	if isNil(value) {
		return "/dev/null"
	}
	return side + "/" + c.Ref.String()
}

func isNil(value any) bool {
	fields, _ := value.(map[string]any)
	return fields == nil
}

func lines(value any) []string {
	if isNil(value) {
		return nil
	}
	text, err := yaml.Marshal(value)
	if err != nil {
		return []string{err.Error() + "\n"}
	}
	out := difflib.SplitLines(string(text))
	return out[:len(out)-1] // after the last line break there is nothing
}

// clean is an object without what nobody writes: who manages what, counters and
// the status.
func clean(o *unstructured.Unstructured) map[string]any {
	if o == nil {
		return nil
	}
	out := o.DeepCopy()
	unstructured.RemoveNestedField(out.Object, "status")
	for _, field := range []string{"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"} {
		unstructured.RemoveNestedField(out.Object, "metadata", field)
	}
	unstructured.RemoveNestedField(out.Object, "metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration")
	if len(out.GetAnnotations()) == 0 {
		out.SetAnnotations(nil)
	}
	return out.Object
}

// What stands for a value of a Secret.
const (
	masked       = "***"
	maskedBefore = "*** (before)"
	maskedAfter  = "*** (after)"
)

// mask hides the values of Secrets, at any depth: a ResourceSet holds templates
// of them. That a value changes is still seen.
func mask(before, after any) (any, any) {
	was, isMap := before.(map[string]any)
	now, areMaps := after.(map[string]any)
	wasList, isList := before.([]any)
	nowList, areLists := after.([]any)
	if before != nil && after != nil && (isMap != areMaps || isList != areLists) { // it becomes something else
		one, _ := mask(before, nil)
		_, other := mask(nil, after)
		return one, other
	}
	if isMap || areMaps {
		return maskMaps(was, now)
	}
	if !isList && !areLists {
		return before, after
	}
	outBefore, outAfter := make([]any, len(wasList)), make([]any, len(nowList))
	for i := range max(len(wasList), len(nowList)) {
		one, other := mask(at(wasList, i), at(nowList, i))
		if i < len(wasList) {
			outBefore[i] = one
		}
		if i < len(nowList) {
			outAfter[i] = other
		}
	}
	return outBefore, outAfter
}

func at(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

func maskMaps(was, now map[string]any) (any, any) {
	secret := was["kind"] == "Secret" || now["kind"] == "Secret"
	outBefore, outAfter := copyOf(was), copyOf(now)
	for _, key := range keys(was, now) {
		one, other := mask(was[key], now[key])
		if secret && (key == "data" || key == "stringData") {
			one, other = maskValues(was[key], now[key])
		}
		if _, there := was[key]; there {
			outBefore[key] = one
		}
		if _, there := now[key]; there {
			outAfter[key] = other
		}
	}
	return outBefore, outAfter
}

// maskValues hides each value of the data of a Secret; data that is no map, such
// as one template for all of it, is one value.
func maskValues(before, after any) (any, any) {
	was, isMap := before.(map[string]any)
	now, areMaps := after.(map[string]any)
	if (before != nil && !isMap) || (after != nil && !areMaps) {
		if before == nil || after == nil || reflect.DeepEqual(before, after) {
			return masked, masked
		}
		return maskedBefore, maskedAfter
	}
	outBefore, outAfter := copyOf(was), copyOf(now)
	for _, key := range keys(was, now) {
		one, there := was[key]
		other, stays := now[key]
		beforeMask, afterMask := maskedBefore, maskedAfter
		if reflect.DeepEqual(one, other) || !there || !stays {
			beforeMask, afterMask = masked, masked
		}
		if there {
			outBefore[key] = beforeMask
		}
		if stays {
			outAfter[key] = afterMask
		}
	}
	return outBefore, outAfter
}

func copyOf(fields map[string]any) map[string]any {
	if fields == nil {
		return nil
	}
	return make(map[string]any, len(fields))
}

func keys(a, b map[string]any) []string {
	var out []string
	for key := range a {
		out = append(out, key)
	}
	for key := range b {
		if _, known := a[key]; !known {
			out = append(out, key)
		}
	}
	return out
}
