package apply

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
)

// Entry is a line of the inventory: an object, the version to ask for it in,
// and the group that wants it.
type Entry struct {
	object.Ref
	Version string
	Owner   string
	// Shared: other groups asked for it too.
	Shared bool
	// Ended says how an object that runs once came to its end; see Memory.Endings.
	Ended string
}

// gvk is the kind in the version of the entry.
func (e Entry) gvk() schema.GroupVersionKind {
	return e.GroupKind().WithVersion(e.Version)
}

// Inventory is an ordered list of objects, each once.
type Inventory []Entry

// InventoryOf lists objects in their order, but for those that are refused: they
// are not written.
func InventoryOf(objects []Object) Inventory {
	inventory := make(Inventory, 0, len(objects))
	for _, o := range objects {
		if o.Refused != nil {
			continue
		}
		inventory = append(inventory, Entry{
			Ref: o.Ref(), Version: o.Version(), Owner: o.Group, Shared: len(o.Sharers) > 0,
		})
	}
	return inventory
}

// ReadInventory reads the inventory of a status. An entry that cannot be read
// is an error: what is not understood must not be forgotten.
func ReadInventory(stored *v1.ResourceInventory) (Inventory, error) {
	if stored == nil {
		return nil, nil
	}
	inventory := make(Inventory, 0, len(stored.Entries))
	for _, entry := range stored.Entries {
		id, err := object.ParseID(entry.ID)
		if err != nil {
			return nil, fmt.Errorf("reading the inventory: %w", err)
		}
		inventory = append(inventory, Entry{
			Ref:     id,
			Version: entry.Version,
			Owner:   entry.Input,
			Shared:  entry.Shared,
			Ended:   entry.Ended,
		})
	}
	return inventory, nil
}

// Stored returns the inventory as a status holds it; nil when it is empty.
func (inv Inventory) Stored() *v1.ResourceInventory {
	if len(inv) == 0 {
		return nil
	}
	stored := &v1.ResourceInventory{Entries: make([]v1.ResourceRef, 0, len(inv))}
	for _, entry := range inv {
		stored.Entries = append(stored.Entries, v1.ResourceRef{
			ID: entry.ID(), Version: entry.Version, Input: entry.Owner, Shared: entry.Shared, Ended: entry.Ended,
		})
	}
	return stored
}

// Refs returns the objects of the inventory, to look up.
func (inv Inventory) Refs() map[object.Ref]bool {
	refs := make(map[object.Ref]bool, len(inv))
	for _, entry := range inv {
		refs[entry.Ref] = true
	}
	return refs
}

// Kinds returns those of the inventory, each once.
func (inv Inventory) Kinds() []schema.GroupKind {
	var kinds []schema.GroupKind
	seen := map[schema.GroupKind]bool{}
	for _, entry := range inv {
		if kind := entry.GroupKind(); !seen[kind] {
			seen[kind] = true
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// SharedAs returns the inventory with each object shared that was so before, or that
// another group had.
func (inv Inventory) SharedAs(before Inventory) Inventory {
	known := make(map[object.Ref]Entry, len(before))
	for _, entry := range before {
		known[entry.Ref] = entry
	}
	out := slices.Clone(inv)
	for i, entry := range out {
		was, there := known[entry.Ref]
		out[i].Shared = entry.Shared || there && (was.Shared || was.Owner != entry.Owner)
	}
	return out
}

// Union returns the entries of inv followed by those of more that inv lacks.
func (inv Inventory) Union(more Inventory) Inventory {
	return append(inv[:len(inv):len(inv)], more.Without(inv)...)
}

// Without returns the entries of inv that others lacks.
func (inv Inventory) Without(others Inventory) Inventory {
	known := others.Refs()
	var left Inventory
	for _, entry := range inv {
		if !known[entry.Ref] {
			left = append(left, entry)
		}
	}
	return left
}
