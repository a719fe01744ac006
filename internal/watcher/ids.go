package watcher

import (
	"cmp"
	"encoding/json"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
)

// exportedInputs are the input sets of the last run, by the key under which
// their forge knows them.
type exportedInputs map[string]exportedInput

// exportedInput is one of them.
type exportedInput struct {
	id     string
	values v1.ResourceSetInput
}

// readExported reads what was exported. An input without an id, which another
// hand must have written, stands for nothing that could be asked for.
func readExported(provider *v1.ResourceSetInputProvider) exportedInputs {
	exported := exportedInputs{}
	for _, in := range provider.Status.ExportedInputs {
		if id := idOf(in); id != "" {
			exported[keyOf(in, id)] = exportedInput{id: id, values: in}
		}
	}
	return exported
}

// idOf returns the id of an exported input. One that was written as a number
// counts as well.
func idOf(in v1.ResourceSetInput) string {
	var number json.Number
	if raw := in["id"]; raw != nil && json.Unmarshal(raw.Raw, &number) == nil && number != "" {
		return number.String()
	}
	return textOf(in, "id")
}

// keyOf returns what source.Item.Key was of an exported input: the name that
// its id was made of, which is exported beside it, or the id itself.
func keyOf(in v1.ResourceSetInput, id string) string {
	for _, name := range []string{textOf(in, "tag"), textOf(in, "branch"), textOf(in, "namespace") + "/" + textOf(in, "name")} {
		if name != "" && identity.Fits(id, name, identity.Checksum) {
			return name
		}
	}
	return id
}

// textOf returns a value that is a string, "" for any other.
func textOf(in v1.ResourceSetInput, key string) string {
	var text string
	if raw := in[key]; raw != nil {
		_ = json.Unmarshal(raw.Raw, &text) // what is no string leaves it empty
	}
	return text
}

// identify gives an id to each item that its forge does not number. One that
// was exported keeps the id that it had; only what is exported takes one.
func (f *findings) identify(exported exportedInputs) {
	var names []string
	before := map[string]string{}
	for _, item := range f.items {
		if item.Name != "" {
			names = append(names, item.Name)
			before[item.Name] = exported[item.Name].id
		}
	}
	ids, collisions := identity.Assign(names, before, identity.Checksum)
	for n, item := range f.items {
		f.items[n].ID = cmp.Or(ids[item.Name], item.ID)
	}
	f.collisions = collisions
}
