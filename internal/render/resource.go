package render

import (
	"fmt"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// compileStep compiles the resources and the template of a step, or of a set.
func (e *engine) compileStep(field string, resources []*apiextensionsv1.JSON, text string) (program, error) {
	step := program{resources: len(resources)}
	for n, raw := range resources {
		item, err := e.compileResource(fmt.Sprintf("%s.resources[%d]", field, n), raw)
		if err != nil {
			return program{}, err
		}
		step.items = append(step.items, item)
	}
	if text != "" {
		parsed, err := e.parse(field+".resourcesTemplate", text)
		if err != nil {
			return program{}, err
		}
		step.items = append(step.items, &documents{text: parsed})
	}
	return step, nil
}

// compileResource compiles one item: as a tree of strings where each can be
// rendered by itself, else as the text that its YAML is.
func (e *engine) compileResource(field string, raw *apiextensionsv1.JSON) (item, error) {
	if raw == nil || len(raw.Raw) == 0 || string(raw.Raw) == "null" {
		return nil, &ParseError{Field: field, Err: fmt.Errorf("the resource is null: write an object, or leave the item out")}
	}
	var tree any
	if err := utiljson.Unmarshal(raw.Raw, &tree); err != nil {
		return nil, &ParseError{Field: field, Err: err}
	}
	root, ok := tree.(map[string]any)
	if !ok {
		return nil, &ParseError{Field: field, Err: fmt.Errorf("the resource is not an object")}
	}
	compiled := compiler{engine: e, field: field}
	node := compiled.object(root, nil)
	if compiled.err != nil {
		return nil, compiled.err
	}
	if !compiled.needsText {
		return &resource{field: field, root: node}, nil
	}
	text, err := yaml.Marshal(root)
	if err != nil {
		return nil, &ParseError{Field: field, Err: err}
	}
	whole, err := e.parse(field, string(text))
	if err != nil {
		return nil, err
	}
	return &wholeResource{text: whole}, nil
}

// resource is an item whose strings are rendered one by one.
type resource struct {
	field string
	root  *objectNode
}

// render renders each string, in the order in which YAML would list them.
func (r *resource) render(e *engine) ([]*unstructured.Unstructured, error) {
	value, err := r.root.render(e)
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{Object: value.(map[string]any)} // an object node renders to a map
	if err := checkIdentity(r.field, object); err != nil {
		return nil, err
	}
	return []*unstructured.Unstructured{object}, nil
}

// checkIdentity refuses an object that nobody could apply.
func checkIdentity(field string, object *unstructured.Unstructured) error {
	missing := func(name string) error {
		return fmt.Errorf("%s: the rendered object has no %s: add it", field, name)
	}
	switch {
	case object.GetKind() == "":
		return missing("kind")
	case object.GetAPIVersion() == "":
		return missing("apiVersion")
	case object.GetName() == "" && !object.IsList():
		return missing("metadata.name")
	default:
		return nil
	}
}

// node is a part of an item.
type node interface {
	render(e *engine) (any, error)
}

// constant holds no template.
type constant struct{ value any }

func (c constant) render(*engine) (any, error) { return runtime.DeepCopyJSONValue(c.value), nil }

// objectNode is a map, its members in the order of their keys.
type objectNode struct{ members []member }

type member struct {
	key   string
	named *scalar // the key is a template
	value node
}

func (o *objectNode) render(e *engine) (any, error) {
	out := make(map[string]any, len(o.members))
	for _, m := range o.members {
		key := m.key
		if m.named != nil {
			text, err := m.named.string(e)
			if err != nil {
				return nil, err
			}
			key = text
		}
		value, err := m.value.render(e)
		if err != nil {
			return nil, err
		}
		if _, taken := out[key]; taken {
			return nil, fmt.Errorf("the key %q is rendered twice", key)
		}
		out[key] = value
	}
	return out, nil
}

// listNode is a list.
type listNode struct{ items []node }

func (l *listNode) render(e *engine) (any, error) {
	out := make([]any, len(l.items))
	for i, item := range l.items {
		value, err := item.render(e)
		if err != nil {
			return nil, err
		}
		out[i] = value
	}
	return out, nil
}

// compiler turns the JSON of an item into nodes.
type compiler struct {
	engine *engine
	field  string
	kind   string
	// needsText: some string cannot be rendered by itself.
	needsText bool
	err       error
}

func (c *compiler) node(value any, path []string) node {
	switch value := value.(type) {
	case map[string]any:
		return c.object(value, path)
	case []any:
		list := &listNode{items: make([]node, len(value))}
		for i, item := range value {
			list.items[i] = c.node(item, slices.Concat(path, []string{fmt.Sprintf("[%d]", i)}))
		}
		return list
	case string:
		if strings.Contains(value, "<<") {
			return c.scalar(value, path, !isPlain(value) || isStringField(c.kind, path))
		}
	}
	return constant{value}
}

func (c *compiler) object(value map[string]any, path []string) *objectNode {
	if kind, ok := value["kind"].(string); ok && len(path) == 0 {
		c.kind = kind
	}
	keys := make([]string, 0, len(value))
	for key := range value {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	object := &objectNode{}
	for _, key := range keys {
		m := member{key: key, value: c.node(value[key], slices.Concat(path, []string{key}))}
		if strings.Contains(key, "<<") {
			m.named = c.scalar(key, slices.Concat(path, []string{"key"}), true)
		}
		object.members = append(object.members, m)
	}
	return object
}

// scalar compiles one string. What it cannot do alone makes the whole item a
// text; what does not even parse in a text is an error.
func (c *compiler) scalar(text string, path []string, asString bool) *scalar {
	field := c.field + fieldOf(path)
	parsed, err := c.engine.parse(field, text)
	if err != nil {
		// An action may begin in one string and end in another.
		if !strings.Contains(text, "\n") && opensOrCloses(text) {
			c.needsText = true
		} else if c.err == nil {
			c.err = err
		}
		return nil
	}
	if strings.Contains(text, "\n") || !simple(parsed.template.Root) {
		c.needsText = true
	}
	return &scalar{text: parsed, asString: asString, quoted: endsInQuote(parsed.template.Root)}
}

// opensOrCloses reports whether a text holds control flow or a variable, which
// may have its other half elsewhere.
func opensOrCloses(text string) bool {
	for _, word := range []string{"if", "else", "end", "range", "with", "$"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// fieldOf writes a path as a person would.
func fieldOf(path []string) string {
	var out strings.Builder
	for _, part := range path {
		if !strings.HasPrefix(part, "[") {
			out.WriteByte('.')
		}
		out.WriteString(part)
	}
	return out.String()
}
