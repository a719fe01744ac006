package render

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/template"
)

// structural are the functions that write structure: what they put out is
// parsed, as its author asks for, with a mark for each string in it. So it is
// structure only as far as the value is.
//
// Where such a string ends up among other text, as in the `config.yaml: |` of a
// ConfigMap, it has to be written as YAML or JSON would. The template is then
// rendered once more, with that call of the function held as a text.
var structural = []string{
	"toYaml", "mustToYaml",
	"toJson", "mustToJson", "toPrettyJson", "mustToPrettyJson", "toRawJson", "mustToRawJson",
}

// structurePrefix begins the names of the functions that hold the strings in
// the structure that they write.
const structurePrefix = "_"

// structureFuncs returns those functions.
func (e *engine) structureFuncs() template.FuncMap {
	funcs := template.FuncMap{}
	for _, name := range structural {
		funcs[structurePrefix+name] = func(value any) (string, error) {
			return e.structure(name, &action{source: name, inputs: e.text.structures}, value)
		}
	}
	return funcs
}

// structure is what one of the structural functions writes, with marks in the
// place of strings; or of its lines, where it is known to stand in a text.
func (e *engine) structure(name string, by *action, value any) (string, error) {
	e.calls++
	write := e.funcs[name].(func(any) (string, error)) // as metered returns it
	if e.asText[e.calls] {
		written, err := write(value)
		if err != nil {
			return "", err
		}
		return e.marks(by, written), by.check(written)
	}
	if _, err := weigh(reflect.ValueOf(value)); err != nil {
		return "", err
	}
	held, err := e.heldStrings(by, value)
	var unknown *notJSONError
	if errors.As(err, &unknown) && !strings.HasPrefix(name, "must") {
		return "", nil // as the function itself, which says nothing of errors
	}
	if err != nil {
		return "", err
	}
	return write(held)
}

// heldStrings returns a value, of whatever type, with marks for its strings. Keys
// stay in order.
func (e *engine) heldStrings(by *action, value any) (any, error) {
	switch value := value.(type) {
	case string:
		return e.heldString(by, value)
	case []any:
		out := make([]any, len(value))
		for i, item := range value {
			var err error
			if out[i], err = e.heldStrings(by, item); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(value))
		for _, key := range slices.Sorted(maps.Keys(value)) {
			name, err := e.heldString(by, key)
			if err != nil {
				return nil, err
			}
			if out[name], err = e.heldStrings(by, value[key]); err != nil {
				return nil, err
			}
		}
		return out, nil
	case nil, bool, int, int64, float64:
		return value, nil
	default:
		plain, err := plainValue(value)
		if err != nil {
			return nil, err
		}
		return e.heldStrings(by, plain)
	}
}

func (e *engine) heldString(by *action, value string) (string, error) {
	if err := by.check(value); err != nil {
		return "", err
	}
	return e.mark(output{text: value, quoted: true, value: value, call: e.calls, by: by}), nil
}

// findAmongText notes which calls wrote strings that stand among other text, and
// reports whether there are any that were not known.
func (e *engine) findAmongText(shape []node) bool {
	known := len(e.asText)
	for _, document := range shape {
		amongText(document, e.outputs, e.asText)
	}
	return len(e.asText) > known
}

// amongText adds to calls those which wrote strings that stand among other text.
func amongText(n node, outputs []output, calls map[int]bool) {
	switch n := n.(type) {
	case *object:
		for _, m := range n.members {
			amongText(m.key, outputs, calls)
			amongText(m.value, outputs, calls)
		}
	case *list:
		for _, item := range n.items {
			amongText(item, outputs, calls)
		}
	case *scalar:
		for _, p := range n.parts {
			if p.isMark && p.output < len(outputs) && outputs[p.output].call > 0 && (len(n.parts) > 1 || n.isText) {
				calls[outputs[p.output].call] = true
			}
		}
	}
}
