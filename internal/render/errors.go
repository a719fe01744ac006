package render

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/eddy-previews/eddy/internal/input"
)

// ParseError is a template that cannot be parsed: it stalls the whole set.
type ParseError struct {
	// Field of the ResourceSet, such as spec.resources[0].metadata.name.
	Field string
	Err   error
}

// Error names the field, and for an unknown function what there is.
func (e *ParseError) Error() string {
	text := fmt.Sprintf("%s: %s", e.Field, plainWords(e.Err))
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

// position is how text/template begins its errors; the field says it better.
var position = regexp.MustCompile(`^template: [^:]*:(\d+)(:\d+)?: (executing "[^"]*" at )?`)

// plainWords takes the template engine's own bookkeeping out of its errors.
func plainWords(err error) string {
	return position.ReplaceAllString(err.Error(), "")
}

// noEntry is how text/template says that a map lacks a key.
var noEntry = regexp.MustCompile(`^<[^>]*>: map has no entry for key (".*")$`)

// executionError says what an action of a field came to, and for a key that is
// missing, which ones there are.
func executionError(field string, err error, e *engine) error {
	text := plainWords(err)
	key := noEntry.FindStringSubmatch(text)
	switch {
	case key == nil:
		return fmt.Errorf("%s: %s", field, text)
	case len(e.values) == 0:
		return fmt.Errorf("%s: there is no key %s: the ResourceSet has no inputs", field, key[1])
	default:
		return fmt.Errorf("%s: there is no key %s; the input has %s", field, key[1], strings.Join(e.keys(), ", "))
	}
}
