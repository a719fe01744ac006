package render

import (
	"maps"
	"slices"
	"text/template"
)

// engine executes templates with the values of one input set at a time. Values
// are bound to it, not passed, so that a template is compiled once: its
// functions cannot be changed without copying it.
type engine struct {
	funcs template.FuncMap
	// seal is in all marks, and known to nobody.
	seal string
	// values are those of the input set; nil without one.
	values map[string]any
	// outputs is what the template being executed has put out so far.
	outputs []output
	// calls counts those that wrote structure; the ones in asText write text.
	calls  int
	asText map[int]bool
}

func newEngine() *engine {
	e := &engine{funcs: functions(), seal: newSeal()}
	e.funcs["inputs"] = func() map[string]any { return e.values }
	return e
}

// bind makes a copy of values what templates see: `set inputs "k" v` in one
// template is seen by the later ones of the same input, and by nobody else.
func (e *engine) bind(values map[string]any) {
	e.values = copied(values)
}

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
