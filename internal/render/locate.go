package render

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// noBreak stands for a space at which YAML must not break a line.
const noBreak = '\ue000'

// unfoldable protects the spaces inside of actions: YAML breaks long lines at
// spaces, and a constant such as "two words" in an action must not be broken.
// A space that decides how YAML quotes a string stays one.
func unfoldable(value string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(value, "<<")
		inside, after, closed := strings.Cut(rest, ">>")
		if !found || !closed {
			out.WriteString(value)
			return out.String()
		}
		out.WriteString(before + "<<")
		for i, r := range inside {
			quoting := i > 0 && inside[i-1] == ':' || strings.HasPrefix(inside[i:], " #")
			if r == ' ' && !quoting {
				r = noBreak
			}
			out.WriteRune(r)
		}
		out.WriteString(">>")
		value = after
	}
}

// mapStrings returns a copy of a tree with change made to all its strings and keys.
func mapStrings(value any, change func(string) string) any {
	switch value := value.(type) {
	case string:
		return change(value)
	case []any:
		out := make([]any, len(value))
		for i, item := range value {
			out[i] = mapStrings(item, change)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, item := range value {
			out[change(key)] = mapStrings(item, change)
		}
		return out
	default:
		return value
	}
}

// locate names the string of a resource whose template does not parse. It is
// the whole resource when each does by itself.
func (e *engine) locate(tree map[string]any, field string, err error) error {
	if passed := (*boundError)(nil); errors.As(err, &passed) {
		return err
	}
	e.source, e.actions = 0, 0 // it is read once more
	walk(tree, field, func(at, text string) bool {
		_, failure := e.parse(at, text)
		if failure != nil {
			err = failure
		}
		return failure == nil
	})
	return err
}

// locateAction names the string of a resource whose action failed.
func locateAction(tree map[string]any, field string, err error) error {
	var failure *actionError
	if !errors.As(err, &failure) || failure.action == "" {
		return err
	}
	walk(tree, field, func(at, text string) bool {
		if !strings.Contains(text, failure.action) {
			return true
		}
		err = &actionError{field: at, message: failure.message, key: failure.key}
		return false
	})
	return err
}

// walk visits the strings and keys of a tree that hold a template, in order,
// until visit returns false.
func walk(value any, at string, visit func(at, text string) bool) bool {
	switch value := value.(type) {
	case string:
		return !strings.Contains(value, "<<") || visit(at, value)
	case []any:
		for i, item := range value {
			if !walk(item, fmt.Sprintf("%s[%d]", at, i), visit) {
				return false
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if !walk(key, at, visit) || !walk(value[key], at+"."+key, visit) {
				return false
			}
		}
	}
	return true
}
