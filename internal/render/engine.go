package render

import (
	"maps"
	"slices"
	"strings"
	"text/template"

	"k8s.io/apimachinery/pkg/runtime"
)

// engine compiles templates, and executes them with the values of one input
// set at a time. Binding values once is what makes it fast: a template's
// functions cannot be changed without copying it.
type engine struct {
	funcs template.FuncMap
	// values are those of the input set; nil without one.
	values map[string]any
}

func newEngine() *engine {
	e := &engine{funcs: functions()}
	e.funcs["inputs"] = func() map[string]any { return e.values }
	return e
}

// bind makes a copy of values what templates see: `set inputs "k" v` in one
// template is seen by the later ones of the same input, and by nobody else.
func (e *engine) bind(values map[string]any) {
	e.values = nil
	if values != nil {
		e.values = runtime.DeepCopyJSON(values)
	}
}

// text is a compiled template of the field that it stands in.
type text struct {
	field    string
	template *template.Template
}

// parse compiles a template.
func (e *engine) parse(field, source string) (text, error) {
	parsed, err := template.New(field).
		Delims("<<", ">>").Option("missingkey=error").Funcs(e.funcs).Parse(source)
	if err != nil {
		return text{}, &ParseError{Field: field, Err: err}
	}
	return text{field: field, template: parsed}, nil
}

// execute renders a template with the values that are bound.
func (e *engine) execute(t text) (string, error) {
	var out strings.Builder
	if err := t.template.Execute(&out, nil); err != nil {
		return "", executionError(t.field, err, e)
	}
	return out.String(), nil
}

// keys lists the keys of the input, sorted.
func (e *engine) keys() []string {
	return slices.Sorted(maps.Keys(e.values))
}
