package forge

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

// descriptions are the vendors' own, see descriptions/README.md.
//
//go:embed descriptions
var descriptions embed.FS

// contract is a vendor's description of its API, to which a server that stands
// in for the vendor's, and whoever asks it, are held: see held.go.
type contract struct {
	vendor string
	// base is what stands before the paths of the description.
	base    string
	paths   *openapi3.Paths
	excuses excuses
	// passed are the digests of what was held before, and stood.
	passed *sync.Map
}

// excuses are where a vendor does other than its description says, each with
// the vendor's own word for it.
type excuses struct {
	// slashes are parameters that may have some.
	slashes []string
	// anyCase says that paths are matched whatever their case.
	anyCase bool
	// nullBody says that a body of null is as good as none.
	nullBody bool
	// statuses are answered by operations that do not list them, too, and how.
	statuses map[int]*openapi3.Schema
	// listed is how a list is answered, where that is not as an array.
	listed func(array *openapi3.Schema) *openapi3.Schema
}

// load reads a description of the version 2 or 3. It was read before it was
// kept, so it is a mistake of this package if it cannot be.
func load(vendor, file string, excuse func(openapi3.Schemas) excuses) *contract {
	doc, err := read(path.Join("descriptions", vendor, file))
	if err != nil {
		panic(fmt.Errorf("reading what %s says of its API: %w", vendor, err))
	}
	for _, schema := range doc.Components.Schemas {
		seal(schema.Value, map[*openapi3.Schema]bool{})
	}
	return &contract{vendor: vendor, paths: doc.Paths, excuses: excuse(doc.Components.Schemas), passed: &sync.Map{}}
}

func read(file string) (*openapi3.T, error) {
	text, err := descriptions.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(file, "swagger.json") {
		return openapi3.NewLoader().LoadFromData(text)
	}
	var old openapi2.T
	if err := json.Unmarshal(text, &old); err != nil {
		return nil, err
	}
	return openapi2conv.ToV3(&old)
}

// below returns the contract of a server whose API is below a path.
func (c *contract) below(base string) *contract {
	moved := *c
	moved.base = base
	return &moved
}

// seal lets an object have no fields but those that are described: a field that
// a vendor does not know is a mistake, of the server or of who reads it.
func seal(schema *openapi3.Schema, seen map[*openapi3.Schema]bool) {
	if schema == nil || seen[schema] {
		return
	}
	seen[schema] = true
	for _, part := range schema.AllOf { // what is described in parts is sealed as a whole
		seal(part.Value, seen)
		inherit(schema, part.Value)
	}
	for _, property := range schema.Properties {
		seal(property.Value, seen)
	}
	if schema.Items != nil {
		seal(schema.Items.Value, seen)
	}
	for _, either := range slices.Concat(schema.AnyOf, schema.OneOf) {
		seal(either.Value, seen)
	}
	if len(schema.Properties) > 0 && schema.AdditionalProperties.Schema == nil {
		schema.AdditionalProperties = openapi3.AdditionalProperties{Has: new(bool)}
	}
}

// inherit gives an object the fields of a part of it, in the part's place.
func inherit(schema, part *openapi3.Schema) {
	if len(part.Properties) == 0 {
		return
	}
	schema.AllOf = slices.DeleteFunc(schema.AllOf, func(ref *openapi3.SchemaRef) bool { return ref.Value == part })
	if schema.Properties == nil {
		schema.Properties = openapi3.Schemas{}
	}
	for name, property := range part.Properties {
		if schema.Properties[name] == nil {
			schema.Properties[name] = property
		}
	}
	schema.Required = append(schema.Required, part.Required...)
	if schema.Type == nil {
		schema.Type = part.Type
	}
}

// operation is one of an API, with the parts of the path that are asked for.
type operation struct {
	*openapi3.Operation
	path   string
	values map[string]string
	shared openapi3.Parameters
}

// find returns the operation that a method and an escaped path ask for.
func (c *contract) find(method, escaped string) (operation, error) {
	asked, ours := strings.CutPrefix(escaped, c.base)
	for template, item := range c.paths.Map() {
		described := item.GetOperation(method)
		if !ours || described == nil {
			continue
		}
		if values, ok := c.match(template, asked, described); ok {
			return operation{described, template, values, item.Parameters}, nil
		}
	}
	return operation{}, fmt.Errorf("%s %s is none of the operations that %s describes", method, escaped, c.vendor)
}

// match compares a path with a template, part by part. A parameter is one part,
// or, where the vendor says so, all that is left.
func (c *contract) match(template, asked string, described *openapi3.Operation) (map[string]string, bool) {
	values := map[string]string{}
	want, got := strings.Split(template, "/"), strings.Split(asked, "/")
	if last := len(want) - 1; len(got) > len(want) && c.manyParts(described, want[last]) {
		got = append(got[:last:last], strings.Join(got[last:], "/"))
	}
	if len(want) != len(got) {
		return nil, false
	}
	for n, part := range want {
		switch {
		case strings.HasPrefix(part, "{"):
			value, err := url.PathUnescape(got[n])
			if err != nil || value == "" {
				return nil, false
			}
			values[strings.Trim(part, "{}")] = value
		case part != got[n] && (!c.excuses.anyCase || !strings.EqualFold(part, got[n])):
			return nil, false
		}
	}
	return values, true
}

// manyParts reports whether a parameter may have slashes.
func (c *contract) manyParts(described *openapi3.Operation, name string) bool {
	if slices.Contains(c.excuses.slashes, strings.Trim(name, "{}")) {
		return true
	}
	for _, parameter := range described.Parameters {
		if "{"+parameter.Value.Name+"}" == name {
			return parameter.Value.Extensions["x-multi-segment"] == true
		}
	}
	return false
}
