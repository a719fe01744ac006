package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// What a run changes of a status is written, and no more: the line of a preview, and not
// the list that it stands in. Who writes one line of five thousand would otherwise send,
// and have the API server compare, a megabyte.
//
//	[{replace /metadata/resourceVersion 4711}, {replace /status/previews/7 {id: "7", …}}]
//
// Positions are those of the version that was read, which the first of these holds the
// API server to: a write that came in between makes it a conflict.

// operation of a JSON patch.
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// maxOperations is from when on a list is written whole.
const maxOperations = 500

// changes are the operations that make the status of before that of after; false where
// before has none yet, or it is not known how to tell.
func changes(before, after Object) ([]operation, bool) {
	switch after := after.(type) {
	case *v1.ResourceSet:
		before, is := before.(*v1.ResourceSet)
		if !is {
			return nil, false
		}
		return setChanges(before, after)
	case *v1.ResourceSetInputProvider:
		before, is := before.(*v1.ResourceSetInputProvider)
		if !is {
			return nil, false
		}
		return providerChanges(before, after)
	default:
		return nil, false
	}
}

func setChanges(before, after *v1.ResourceSet) ([]operation, bool) {
	was, is := before.Status, after.Status
	was.Inventory, was.Previews, is.Inventory, is.Previews = nil, nil, nil, nil
	operations, ok := fields(was, is)
	if !ok {
		return nil, false
	}
	inventory := lines[v1.ResourceRef]{
		path: "/status/inventory/entries", before: entriesOf(before), after: entriesOf(after),
		same: func(a, b v1.ResourceRef) bool { return a == b },
		key:  func(one v1.ResourceRef) string { return one.ID },
	}
	previews := lines[v1.PreviewStatus]{
		path: "/status/previews", before: before.Status.Previews, after: after.Status.Previews, same: samePreview,
		key: func(one v1.PreviewStatus) string { return one.Provider + "/" + one.ID },
	}
	switch was, is := before.Status.Inventory, after.Status.Inventory; {
	case was == nil && is != nil:
		operations = append(operations, operation{"add", "/status/inventory", is})
	case was != nil && is == nil:
		operations = append(operations, operation{Op: "remove", Path: "/status/inventory"})
	case was != nil:
		operations = append(operations, inventory.changes()...)
	}
	return append(operations, previews.whole()...), true
}

func providerChanges(before, after *v1.ResourceSetInputProvider) ([]operation, bool) {
	was, is := before.Status, after.Status
	was.ExportedInputs, is.ExportedInputs = nil, nil
	operations, ok := fields(was, is)
	if !ok {
		return nil, false
	}
	inputs := lines[v1.ResourceSetInput]{
		path: "/status/exportedInputs", before: before.Status.ExportedInputs, after: after.Status.ExportedInputs, same: v1.ResourceSetInput.Equal,
		key: func(one v1.ResourceSetInput) string {
			if id := one["id"]; id != nil {
				return string(id.Raw)
			}
			return ""
		},
	}
	return append(operations, inputs.whole()...), true
}

func entriesOf(set *v1.ResourceSet) []v1.ResourceRef {
	if set.Status.Inventory == nil {
		return nil
	}
	return set.Status.Inventory.Entries
}

func samePreview(a, b v1.PreviewStatus) bool {
	x, y := a.LastTransitionTime, b.LastTransitionTime
	a.LastTransitionTime, b.LastTransitionTime = y, y
	return a == b && x.Equal(&y)
}

// fields compares the fields of two statuses; false where the first has none.
func fields(before, after any) ([]operation, bool) {
	was, is := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if !decodeInto(before, &was) || !decodeInto(after, &is) || len(was) == 0 {
		return nil, false
	}
	var operations []operation
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if last, there := was[name]; !there || !bytes.Equal(last, is[name]) {
			operations = append(operations, operation{"add", "/status/" + name, is[name]}) // which replaces what is there
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, there := is[name]; !there {
			operations = append(operations, operation{Op: "remove", Path: "/status/" + name})
		}
	}
	return operations, true
}

func decodeInto(status any, into *map[string]json.RawMessage) bool {
	text, err := json.Marshal(status)
	return err == nil && json.Unmarshal(text, into) == nil
}

// lines are a list of a status, before and after, in which each has a key.
type lines[T any] struct {
	path          string
	before, after []T
	same          func(a, b T) bool
	key           func(T) string
}

// whole is changes for a list that is not there when it is empty.
func (l lines[T]) whole() []operation {
	switch {
	case len(l.before) == 0 && len(l.after) == 0:
		return nil
	case len(l.before) == 0:
		return []operation{{"add", l.path, l.after}}
	case len(l.after) == 0:
		return []operation{{Op: "remove", Path: l.path}}
	default:
		return l.changes()
	}
}

// changes are what makes one list of the other, where those that are in both are in the
// same order: one operation a line. It is the whole list where that is less, or where
// they are in another order.
func (l lines[T]) changes() []operation {
	everything := []operation{{"replace", l.path, l.after}}
	var was, is map[string]bool
	var operations []operation
	at := 0 // where the next line is, in the list as the operations before have left it
	for b, a := 0, 0; b < len(l.before) || a < len(l.after); {
		if len(operations) > maxOperations {
			return everything
		}
		if b < len(l.before) && a < len(l.after) && l.same(l.before[b], l.after[a]) {
			b, a, at = b+1, a+1, at+1
			continue
		}
		if was == nil {
			was, is = l.keys(l.before[b:]), l.keys(l.after[a:])
		}
		path := fmt.Sprintf("%s/%d", l.path, at)
		switch {
		case b < len(l.before) && a < len(l.after) && l.key(l.before[b]) == l.key(l.after[a]):
			operations = append(operations, operation{"replace", path, l.after[a]})
			b, a, at = b+1, a+1, at+1
		case b < len(l.before) && !is[l.key(l.before[b])]:
			operations = append(operations, operation{Op: "remove", Path: path})
			b++
		case a < len(l.after) && !was[l.key(l.after[a])]:
			operations = append(operations, operation{"add", path, l.after[a]})
			a, at = a+1, at+1
		default:
			return everything
		}
	}
	return operations
}

func (l lines[T]) keys(of []T) map[string]bool {
	out := make(map[string]bool, len(of))
	for _, one := range of {
		out[l.key(one)] = true
	}
	return out
}

// patchOf makes a patch of operations, which holds the API server to a version.
func patchOf(version string, operations []operation) (client.Patch, error) {
	held := append([]operation{{"replace", "/metadata/resourceVersion", version}}, operations...)
	body, err := json.Marshal(held)
	if err != nil {
		return nil, err
	}
	return client.RawPatch(types.JSONPatchType, body), nil
}
