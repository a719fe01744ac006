package render

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
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
// maxRemembered and maxRememberedBytes bound the nodes of all of them, and the bytes of
// what they were parsed from, in the templates of one set. A text is remembered by what
// it says, its shape has that once more, and where it has marks the places of these: about
// four times its bytes together.
const (
	maxShapes          = 32
	maxRemembered      = 50_000
	maxRememberedBytes = 4 << 20
)

// parse compiles a template, and makes it hold aside what it outputs and count
// what it takes.
func (e *engine) parse(field, source string) (*text, error) {
	if strings.ContainsAny(source, opening+closing) {
		return nil, &ParseError{Field: field, Err: fmt.Errorf("the characters %s and %s cannot be used in a template", opening, closing)}
	}
	if err := e.size(source); err != nil {
		return nil, &ParseError{Field: field, Err: err}
	}
	trees := map[string]*parse.Tree{}
	_, err := parse.New(field).Parse(source, "<<", ">>", trees, e.funcs, native())
	if err != nil {
		return nil, &ParseError{Field: field, Err: err}
	}
	t := &text{field: field, source: source, shapes: map[string][]node{}}
	for _, name := range slices.Sorted(maps.Keys(trees)) {
		h := holder{text: t, written: map[string]bool{}}
		h.list(trees[name].Root)
		count(trees[name].Root, func(called string) string { return e.nameOf(t, called, trees) })
		added, err := e.base.AddParseTree(e.nameOf(t, name, trees), trees[name])
		if err != nil {
			return nil, &ParseError{Field: field, Err: err}
		}
		if name == field {
			t.template = added
		}
	}
	return t, nil
}

// size counts what is written in all templates.
func (e *engine) size(source string) error {
	e.source += len(source)
	e.actions += strings.Count(source, "<<")
	switch {
	case e.source > maxSource:
		return exceeded(maxSource, "bytes", "all templates of a ResourceSet together")
	case e.actions > maxActions:
		return exceeded(maxActions, "actions", "all templates of a ResourceSet together")
	default:
		return nil
	}
}

// nameOf returns the name of a template of a text among those of all texts,
// which nobody else can call.
func (e *engine) nameOf(t *text, name string, trees map[string]*parse.Tree) string {
	if trees[name] == nil {
		return name // there is none
	}
	return fmt.Sprintf("%s %p %s", e.seal, t, name)
}

// execute renders a template to its author's text, with a mark for each output.
func (e *engine) execute(t *text) (string, error) {
	e.text, e.outputs, e.calls, e.meter.depth = t, nil, 0, 0
	out := limited{meter: e.meter}
	if err := t.template.Execute(&out, nil); err != nil {
		return "", e.executionError(t, err)
	}
	return out.String(), nil
}

// limited is a text that a meter counts.
type limited struct {
	strings.Builder
	meter *meter
}

func (l *limited) Write(more []byte) (int, error) {
	if err := l.meter.spend(written, len(more)); err != nil {
		return 0, err
	}
	return l.Builder.Write(more)
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
		if documents[n], err = node.fill(filler{e.outputs, e.meter}); err != nil {
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
	if _, err := weigh(reflect.ValueOf(before)); err != nil {
		return nil, fmt.Errorf("%s: inputs: %w", t.field, err)
	}
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
	return e.parsed(t, rendered)
}

// parsed parses a rendered text, or remembers what it was parsed to.
func (e *engine) parsed(t *text, rendered string) ([]node, error) {
	if known, ok := t.shapes[rendered]; ok {
		return known, nil
	}
	shape, size, err := parseShape(rendered, e.seal)
	var passed *boundError
	if errors.As(err, &passed) {
		return nil, fmt.Errorf("%s: %w", t.field, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: what the template renders to is not valid YAML: %w; "+
			"the value of an input is text, use toYaml where it is meant as structure", t.field, err)
	}
	if !t.structured && len(t.shapes) < maxShapes && e.mayRemember(rendered, size) {
		t.shapes[rendered] = shape
		e.remembered += size
		e.rememberedBytes += len(rendered)
	}
	return shape, nil
}

// mayRemember reports whether there is room for a text whose shape has a number of nodes.
func (e *engine) mayRemember(rendered string, size int) bool {
	return e.remembered+size <= maxRemembered && e.rememberedBytes+len(rendered) <= maxRememberedBytes
}
