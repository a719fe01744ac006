package render

import (
	"fmt"
	"strings"
	"text/template"
)

// text is a compiled template: an item of resources as YAML, or a
// resourcesTemplate.
type text struct {
	// field of the ResourceSet that the text is.
	field    string
	source   string
	template *template.Template
	// actions are those whose output is held aside, by the number that their
	// template passes to hold.
	actions []*action
	// structured: the text asks for structure, of the inputs in structures.
	structured bool
	structures []string
	// shapes keeps what rendered texts were parsed to.
	shapes map[string][]node
}

// maxShapes bounds how many rendered texts are remembered: one for each way
// through the template's control flow, which is one or two in practice.
const maxShapes = 32

// parse compiles a template, and makes it hold aside what it outputs.
func (e *engine) parse(field, source string) (*text, error) {
	if strings.ContainsAny(source, opening+closing) {
		return nil, &ParseError{Field: field, Err: fmt.Errorf("the characters %s and %s cannot be used in a template", opening, closing)}
	}
	parsed, err := template.New(field).
		Delims("<<", ">>").Option("missingkey=error").Funcs(e.funcs).Parse(source)
	if err != nil {
		return nil, &ParseError{Field: field, Err: err}
	}
	t := &text{field: field, source: source, template: parsed, shapes: map[string][]node{}}
	t.holdOutputs()
	parsed.Funcs(template.FuncMap{holdName: e.hold(t), holdLinesName: e.holdLines(t)}).Funcs(e.structureFuncs(t))
	return t, nil
}

// execute renders a template to its author's text, with a mark for each output.
func (e *engine) execute(t *text) (string, error) {
	e.outputs, e.calls = nil, 0
	var out strings.Builder
	if err := t.template.Execute(&out, nil); err != nil {
		return "", e.executionError(t, err)
	}
	return out.String(), nil
}

// documents renders a template to its documents. The text that is parsed is
// its author's: outputs are filled into what it was parsed to.
func (e *engine) documents(t *text) ([]any, error) {
	shape, err := e.shape(t)
	if err != nil {
		return nil, err
	}
	documents := make([]any, len(shape))
	for n, node := range shape {
		if documents[n], err = node.fill(e.outputs); err != nil {
			return nil, fmt.Errorf("%s: %w", t.field, err)
		}
	}
	return documents, nil
}

// maxRounds bounds how often a template is rendered for one input set: once,
// once more for structure in a text, and again where that led it elsewhere.
const maxRounds = 4

// shape renders a template; once more when it writes structure into a text,
// until all of that is held as text.
func (e *engine) shape(t *text) ([]node, error) {
	if !t.structured {
		return e.shapeOnce(t)
	}
	before := e.values // rendering may change them
	e.asText = map[int]bool{}
	defer func() { e.asText = nil }()
	for range maxRounds {
		e.values = copied(before)
		shape, err := e.shapeOnce(t)
		if err != nil || !e.findAmongText(shape) {
			return shape, err
		}
	}
	return nil, fmt.Errorf("%s: it renders to something else each time, and writes structure into a text: leave out keys, values and randInt", t.field)
}

func (e *engine) shapeOnce(t *text) ([]node, error) {
	rendered, err := e.execute(t)
	if err != nil {
		return nil, err
	}
	return t.shape(rendered, e.seal)
}

// shape parses a rendered text, or remembers what it was parsed to.
func (t *text) shape(rendered, seal string) ([]node, error) {
	if known, ok := t.shapes[rendered]; ok {
		return known, nil
	}
	shape, err := parseShape(rendered, seal)
	if err != nil {
		return nil, fmt.Errorf("%s: what the template renders to is not valid YAML: %w; "+
			"the value of an input is text, use toYaml where it is meant as structure", t.field, err)
	}
	if !t.structured && len(t.shapes) < maxShapes {
		t.shapes[rendered] = shape
	}
	return shape, nil
}
