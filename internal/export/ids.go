package export

import (
	"cmp"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
)

// Inputs are the input sets of the last run, by the key under which their forge
// knows them.
type Inputs map[string]Input

// Input is one of them.
type Input struct {
	ID     string
	Values v1.ResourceSetInput
}

// Read reads what a provider exports. An input without an id, which another hand
// must have written, stands for nothing that could be asked for.
func Read(provider *v1.ResourceSetInputProvider) Inputs {
	exported := Inputs{}
	for _, in := range provider.Status.ExportedInputs {
		if id := in.ID(); id != "" {
			exported[keyOf(in, id)] = Input{ID: id, Values: in}
		}
	}
	return exported
}

// Keys are those of all inputs.
func (i Inputs) Keys() map[string]bool {
	out := make(map[string]bool, len(i))
	for key := range i {
		out[key] = true
	}
	return out
}

// Text returns a value that is a string, "" for any other.
func (i Input) Text(key string) string { return i.Values.Text(key) }

// keyOf returns what source.Item.Key was of an exported input: the name that
// its id was made of, which is exported beside it, or the id itself.
func keyOf(in v1.ResourceSetInput, id string) string {
	for _, name := range []string{in.Text("tag"), in.Text("branch"), in.Text("namespace") + "/" + in.Text("name")} {
		if name != "" && identity.Fits(id, name, identity.Checksum) {
			return name
		}
	}
	return id
}

// identify gives an id to each item that its forge does not number. One that
// was exported keeps the id that it had; only what is exported takes one.
func identify(items []exportable, exported Inputs) []identity.Collision {
	var names []string
	before := map[string]string{}
	for _, item := range items {
		if item.Name != "" {
			names = append(names, item.Name)
			before[item.Name] = exported[item.Name].ID
		}
	}
	ids, collisions := identity.Assign(names, before, identity.Checksum)
	for n, item := range items {
		items[n].ID = cmp.Or(ids[item.Name], item.ID)
	}
	return collisions
}
