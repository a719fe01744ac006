package render

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// ParseError is a template that cannot be parsed: it stalls the whole set.
type ParseError struct {
	// Field of the ResourceSet, such as spec.resources[0].metadata.name.
	Field string
	Err   error
}

// Error names the field, and for an unknown function what there is.
func (e *ParseError) Error() string {
	text := fmt.Sprintf("%s: %s", e.Field, plainWords(e.Field, e.Err))
	if strings.Contains(text, "not defined") && strings.Contains(text, "function") {
		text += "; the functions are those of text/template and slim-sprig, slugify and toYaml"
	}
	return text
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }

// InputError is an input set that cannot be rendered: it fails one preview.
type InputError struct {
	Input input.Set
	// Step is the name of the step, "" in a set without steps.
	Step string
	Err  error
}

// Error names the step, the input, and what went wrong in which field.
func (e *InputError) Error() string {
	text := e.Err.Error()
	if !e.Input.IsNone() {
		text = fmt.Sprintf("%s: %s", e.Input, text)
	}
	if e.Step != "" {
		text = fmt.Sprintf("step %q: %s", e.Step, text)
	}
	return text
}

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// textError is an output that no object can hold.
type textError struct{ action, message string }

func (e *textError) Error() string { return e.message }

// actionError is an action that failed.
type actionError struct {
	field, message string
	// action as it is written, its beginning at least; "" when not known.
	action string
	// key is one that the input does not have; "" when something else is wrong.
	key string
}

func (e *actionError) Error() string { return e.field + ": " + e.message }

// position is how text/template begins its errors.
var position = regexp.MustCompile(`^template: .*?:(\d+)(?::\d+)?: (?:executing ".*?" at )?`)

// plainWords takes the template engine's bookkeeping out of its errors, but for
// the line of a text that its author wrote.
func plainWords(field string, err error) string {
	text := err.Error()
	found := position.FindStringSubmatch(text)
	if found == nil {
		return text
	}
	rest := strings.TrimPrefix(text, found[0])
	if strings.HasSuffix(field, "resourcesTemplate") {
		return "line " + found[1] + ": " + rest
	}
	return rest
}

// failedAction is an action in an error of text/template, which cuts long ones.
var failedAction = regexp.MustCompile(`<([^>]{3,}?)(?:\.\.\.)?>`)

// missingKey is what text/template says of a key that a map does not have.
var missingKey = regexp.MustCompile(`map has no entry for key "([^"]*)"$`)

// executionError says what an action of a field came to, and for a key that is
// missing, which ones there are.
func (e *engine) executionError(t *text, err error) error {
	failure := &actionError{field: t.field, message: plainWords(t.field, err)}
	if found := failedAction.FindStringSubmatch(failure.message); found != nil {
		failure.action = found[1]
	}
	var refused *textError
	var passed *boundError
	switch {
	case errors.As(err, &passed):
		failure.message = passed.message
	case errors.As(err, &refused):
		failure.action, failure.message = refused.action, refused.message
	case missingKey.MatchString(failure.message):
		failure.missing(missingKey.FindStringSubmatch(failure.message)[1], t, e)
	}
	if len(failure.message) > maxMessage {
		failure.message = strings.ToValidUTF8(failure.message[:maxMessage], "") + " …"
	}
	return failure
}

// missing says that there is no key of a name, and which keys there are. As
// text/template names inputs alone, the template says where the key is from.
func (f *actionError) missing(key string, t *text, e *engine) {
	f.action = "inputs." + key
	in := regexp.MustCompile(`\binputs((?:\.\w+)*)\.` + regexp.QuoteMeta(key) + `\b`).FindStringSubmatch(t.source)
	switch {
	case in != nil && in[1] != "":
		f.action = in[0]
		f.message = fmt.Sprintf("there is no key %q in inputs%s", key, in[1])
	case len(e.values) == 0:
		f.key = key
		f.message = fmt.Sprintf("there is no key %q: the ResourceSet has no inputs", key)
	default:
		f.key = key
		f.message = fmt.Sprintf("there is no key %q; the input has %s%s", key, strings.Join(e.keys(), ", "), suggest.Hint(key, e.keys()))
	}
}
