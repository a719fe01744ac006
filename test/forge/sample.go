package forge

import (
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Example returns what a vendor gives as an example of an answer: "github/pulls".
func Example(name string) []byte {
	vendor, name := path.Split(name)
	text, err := descriptions.ReadFile(path.Join("descriptions", vendor, "examples", name+".json"))
	if err != nil {
		panic(err) // there is no such example
	}
	return text
}

// Examples are the names of all of them.
func Examples() []string {
	files, err := fs.Glob(descriptions, "descriptions/*/examples/*.json")
	if err != nil {
		panic(err) // the pattern is one
	}
	var out []string
	for _, file := range files {
		parts := strings.Split(strings.TrimSuffix(file, ".json"), "/")
		out = append(out, parts[1]+"/"+parts[3])
	}
	return out
}

// sample is an object as a vendor answers it in an example, cut down to the
// fields that the vendor promises.
type sample map[string]json.RawMessage

// sample returns the example of an operation's answer; of a list, what is first.
func (c *contract) sample(method, of, example string) sample {
	var value any
	if err := json.Unmarshal(Example(path.Join(c.vendor, example)), &value); err != nil {
		panic(err) // it was read before it was kept
	}
	operation := c.paths.Value(of).GetOperation(method)
	var schema *openapi3.Schema
	for _, status := range []int{200, 201} {
		if described := operation.Responses.Status(status); described != nil {
			schema = described.Value.Content.Get("application/json").Schema.Value
		}
	}
	if items, ok := value.([]any); ok {
		value, schema = items[0], schema.Items.Value
	}
	return sampleOf(least(schema, value))
}

// whole is the example of an answer, with all of its fields.
func (c *contract) whole(example string) sample {
	var out sample
	if err := json.Unmarshal(Example(path.Join(c.vendor, example)), &out); err != nil {
		panic(err) // it was read before it was kept
	}
	return out
}

// first is what stands first in a list of an example, with all of its fields.
func (c *contract) first(example, list string) sample {
	var all []sample
	if err := json.Unmarshal(c.whole(example)[list], &all); err != nil {
		panic(err) // it was read before it was kept
	}
	return all[0]
}

func sampleOf(value any) sample {
	text, err := json.Marshal(value)
	out := sample{}
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		panic(err) // it was JSON
	}
	return out
}

// part is the sample of a field.
func (s sample) part(name string) sample { return sampleOf(s[name]) }

// with returns the sample with other fields, or more.
func (s sample) with(fields map[string]any) map[string]any {
	out := make(map[string]any, len(s)+len(fields))
	for name, value := range s {
		out[name] = value
	}
	maps.Copy(out, fields)
	return out
}

// least leaves of a value what its description requires.
func least(schema *openapi3.Schema, value any) any {
	fields, ok := value.(map[string]any)
	for _, choice := range [][]*openapi3.SchemaRef{schema.AllOf, schema.AnyOf, schema.OneOf} {
		if len(schema.Properties) == 0 && len(choice) > 0 {
			schema = choice[0].Value
		}
	}
	if !ok || len(schema.Properties) == 0 {
		return value
	}
	out := map[string]any{}
	for _, name := range schema.Required {
		if property := schema.Properties[name]; property != nil {
			out[name] = least(property.Value, fields[name])
		}
	}
	return out
}
