package apply

import (
	"encoding/json"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// holds reports whether a stored object is just what applying the wanted one
// would make of it: every field that is wanted is there with its value, and
// the manager owns these fields and no others. When in doubt it is false, which
// costs one write that changes nothing.
//
//	wanted   {replicas: 2}     stored {replicas: 2, paused: true}
//	owned    f:replicas        holds: the other field is somebody else's
//	owned    f:replicas f:paused   does not: an apply would take the field away
func holds(stored, want *unstructured.Unstructured, manager string) bool {
	owned := ownedFields(stored, manager, want.GetAPIVersion())
	return owned != nil && holdsValue(owned, withoutIdentity(want), stored.Object)
}

// ownedFields returns the fields that a manager applied in a version, as
// metadata.managedFields nests them; nil when there are none.
func ownedFields(stored *unstructured.Unstructured, manager, version string) map[string]any {
	for _, entry := range stored.GetManagedFields() {
		if entry.Manager != manager || entry.Operation != metav1.ManagedFieldsOperationApply ||
			entry.Subresource != "" || entry.APIVersion != version || entry.FieldsV1 == nil {
			continue
		}
		var fields map[string]any
		if json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) != nil {
			return nil
		}
		return fields
	}
	return nil
}

// withoutIdentity drops what nobody owns: what the object is called.
func withoutIdentity(want *unstructured.Unstructured) map[string]any {
	out := want.DeepCopy().Object
	delete(out, "apiVersion")
	delete(out, "kind")
	for _, field := range []string{"name", "namespace", "creationTimestamp"} {
		unstructured.RemoveNestedField(out, "metadata", field)
	}
	return out
}

// holdsValue compares a value along the fields that are owned in it. Keys are
// f:NAME of a map, k:{…} and v:VALUE of a list; "." is the value itself, and
// nothing below a key means that it is owned as one.
func holdsValue(owned map[string]any, want, stored any) bool {
	children := len(owned)
	if _, itself := owned["."]; itself {
		children--
	}
	if children == 0 {
		return reflect.DeepEqual(want, stored)
	}
	switch want := want.(type) {
	case map[string]any:
		stored, same := stored.(map[string]any)
		return same && len(want) == children && holdsMap(owned, want, stored)
	case []any:
		stored, same := stored.([]any)
		return same && len(want) == children && holdsList(owned, want, stored)
	default:
		return false
	}
}

func holdsMap(owned, want, stored map[string]any) bool {
	for key, value := range want {
		below, ok := owned["f:"+key].(map[string]any)
		if !ok {
			return false
		}
		if is, there := stored[key]; !there || !holdsValue(below, value, is) {
			return false
		}
	}
	return true
}

// holdsList compares the items of a list that several may own a part of. Those
// that are wanted have to be stored in the order in which they are wanted.
func holdsList(owned map[string]any, want, stored []any) bool {
	position := -1
	for _, item := range want {
		below, at := find(owned, item, stored)
		if at <= position || !holdsValue(below, item, stored[at]) {
			return false
		}
		position = at
	}
	return true
}

// find returns what is owned of a wanted item, and where it is stored; -1 when
// it is not, or when it cannot be told.
func find(owned map[string]any, item any, stored []any) (below map[string]any, at int) {
	at = -1
	for key, fields := range owned {
		matches := matcher(key)
		if matches == nil || !matches(item, loose) {
			continue
		}
		if at >= 0 {
			return nil, -1 // more than one fits
		}
		below, _ = fields.(map[string]any)
		for i, is := range stored {
			if matches(is, strict) {
				at = i
			}
		}
	}
	return below, at
}

// strictness says whether an item may lack a part of its key: what is wanted
// leaves out what the API server fills in, such as a port's protocol.
type strictness bool

const (
	strict strictness = true
	loose  strictness = false
)

// matcher returns what tells the item of a list that a key of the owned fields
// stands for; nil for a key that is none.
func matcher(key string) func(item any, s strictness) bool {
	if text, ok := strings.CutPrefix(key, "v:"); ok {
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			return nil
		}
		return func(item any, _ strictness) bool { return sameScalar(item, value) }
	}
	text, ok := strings.CutPrefix(key, "k:")
	var keys map[string]any
	if !ok || json.Unmarshal([]byte(text), &keys) != nil {
		return nil
	}
	return func(item any, s strictness) bool {
		fields, isMap := item.(map[string]any)
		for name, value := range keys {
			is, there := fields[name]
			if (there && !sameScalar(is, value)) || (!there && s == strict) {
				return false
			}
		}
		return isMap
	}
}

// sameScalar compares a value of an object with one of a key, whose numbers are
// all float64.
func sameScalar(value, key any) bool {
	if whole, ok := value.(int64); ok {
		return reflect.DeepEqual(float64(whole), key)
	}
	return reflect.DeepEqual(value, key)
}
