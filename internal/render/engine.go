package render

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"text/template"
)

// engine executes templates with the values of one input set at a time. Values
// are bound to it, not passed, so that a template is compiled once: its
// functions cannot be changed without copying it.
type engine struct {
	// funcs are what templates may call.
	funcs template.FuncMap
	// base has the functions, and all templates.
	base *template.Template
	// source and actions are how much is written in them.
	source, actions int
	// seal is in all marks, and known to nobody.
	seal string
	// meter counts what the input set takes.
	meter *meter
	// values are those of the input set; nil without one.
	values map[string]any
	// text is the one that is executed.
	text *text
	// outputs is what it has put out so far.
	outputs []output
	// calls counts those that wrote structure; the ones in asText write text.
	calls  int
	asText map[int]bool
	// remembered is how many nodes the shapes of all texts have, and rememberedBytes how
	// many bytes those texts.
	remembered, rememberedBytes int
}

func newEngine() *engine {
	e := &engine{seal: newSeal()}
	e.funcs = e.metered(functions())
	maps.Copy(e.funcs, e.metered(builtins()))
	e.funcs["inputs"] = func() map[string]any { return e.values }
	e.base = template.New("").Option("missingkey=error").Funcs(e.funcs).Funcs(e.own())
	return e
}

// own are the functions that no template can call: the parser does not know
// them, they are written into what it parsed.
func (e *engine) own() template.FuncMap {
	funcs := e.structureFuncs()
	funcs[holdName], funcs[holdLinesName] = e.hold, e.holdLines
	funcs[stepName] = func() (string, error) { return "", e.meter.step() }
	funcs[enterName] = func() (string, error) { return "", e.meter.enter() }
	funcs[leaveName] = func() string { e.meter.leave(); return "" }
	funcs[weighName] = func(value any) (any, error) {
		_, err := weigh(reflect.ValueOf(value))
		return value, err
	}
	return funcs
}

// bind makes a copy of values what templates see: `set inputs "k" v` in one
// template is seen by the later ones of the same input, and by nobody else.
func (e *engine) bind(m *meter, values map[string]any) error {
	e.meter = m
	weight, err := weigh(reflect.ValueOf(values))
	if err != nil {
		return fmt.Errorf("the input: %w", err)
	}
	e.values = copied(values)
	return m.spend(work, weight)
}

// release lets go of an input set, whose values nobody needs until the next one comes:
// that may be an hour.
func (e *engine) release() { e.meter, e.values, e.text, e.outputs = nil, nil, nil, nil }

// keys lists the keys of the input, sorted.
func (e *engine) keys() []string {
	return slices.Sorted(maps.Keys(e.values))
}

// copied returns a deep copy of the values of an input set.
func copied(values map[string]any) map[string]any {
	if values == nil {
		return nil
	}
	return copiedValue(values).(map[string]any) // it returns what it is given
}

func copiedValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, item := range value {
			out[key] = copiedValue(item)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, item := range value {
			out[i] = copiedValue(item)
		}
		return out
	default:
		return value
	}
}
