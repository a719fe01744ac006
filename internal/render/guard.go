package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/runtime"
)

// guarded renders a text and parses it, and makes sure that no value of the
// input is anything but text in it.
//
// The odd values are replaced by harmless ones of the same length, and the text
// is rendered again. Values decide nothing when both have the same documents,
// fields and items, with the same decorations (comments, tags, anchors).
func (e *engine) guarded(t text) ([]*yamlv3.Node, error) {
	actual := e.values
	before := runtime.DeepCopyJSON(actual) // rendering may change it
	rendered, err := e.execute(t)
	if err != nil {
		return nil, err
	}
	nodes, parseErr := parseDocuments(rendered)
	odd := oddFields(before)
	if len(odd) == 0 {
		return nodes, wrapParse(t.field, parseErr)
	}
	if parseErr == nil && e.sameAsTamed(t, before, nil, nodes) {
		e.values = actual
		return nodes, nil
	}
	culprits := e.culprits(t, before, odd)
	e.values = actual
	return nil, refusal(t.field, culprits, parseErr)
}

// sameAsTamed renders the text with all odd values tamed but those of one
// field, and compares its structure with that of nodes.
func (e *engine) sameAsTamed(t text, values map[string]any, except []string, nodes []*yamlv3.Node) bool {
	e.values = tame(values, except)
	rendered, err := e.execute(t)
	if err != nil {
		return false
	}
	tamed, err := parseDocuments(rendered)
	return err == nil && slices.EqualFunc(tamed, nodes, alike)
}

// culprits returns the odd fields that change the structure by themselves; all
// of them when none does alone.
func (e *engine) culprits(t text, values map[string]any, odd []string) []string {
	e.values = tame(values, nil)
	rendered, err := e.execute(t)
	if err != nil {
		return odd
	}
	tamed, err := parseDocuments(rendered)
	if err != nil {
		return nil // the template is at fault, not a value
	}
	var out []string
	for _, field := range odd {
		if !e.sameAsTamed(t, values, []string{field}, tamed) {
			out = append(out, field)
		}
	}
	if len(out) == 0 {
		return odd
	}
	return out
}

func refusal(field string, culprits []string, parseErr error) error {
	if len(culprits) == 0 {
		return wrapParse(field, parseErr)
	}
	return fmt.Errorf("%s: the text of inputs.%s would change the structure of what is rendered: pass it through quote or slugify in the template",
		field, strings.Join(culprits, ", inputs."))
}

func wrapParse(field string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: what the template renders to is not valid YAML: %w", field, err)
}

// alike reports whether two documents have the same structure. Texts may
// differ; what makes a text something else than text may not.
func alike(a, b *yamlv3.Node) bool {
	return a.Kind == b.Kind && a.Anchor == b.Anchor && a.Style == b.Style &&
		lines(a.HeadComment) == lines(b.HeadComment) && lines(a.LineComment) == lines(b.LineComment) && lines(a.FootComment) == lines(b.FootComment) &&
		slices.EqualFunc(a.Content, b.Content, alike)
}

func lines(comment string) int {
	if comment == "" {
		return 0
	}
	return 1 + strings.Count(comment, "\n")
}

// harmless texts cannot be anything but a plain scalar, whatever is around.
var harmless = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/@+-]*[A-Za-z0-9])?$`)

// oddFields lists the top-level keys that hold a text which is not harmless.
func oddFields(values map[string]any) []string {
	var out []string
	for key, value := range values {
		if isOdd(value) {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

func isOdd(value any) bool {
	switch value := value.(type) {
	case string:
		return value != "" && !harmless.MatchString(value)
	case []any:
		return slices.ContainsFunc(value, isOdd)
	case map[string]any:
		for key, item := range value {
			if isOdd(key) || isOdd(item) {
				return true
			}
		}
	}
	return false
}

// tame returns a copy of values in which odd texts are harmless, except those
// of some top-level keys.
func tame(values map[string]any, except []string) map[string]any {
	if values == nil {
		return nil
	}
	out := make(map[string]any, len(values))
	for key, value := range values {
		if slices.Contains(except, key) {
			out[key] = runtime.DeepCopyJSONValue(value)
			continue
		}
		out[key] = tamed(value)
	}
	return out
}

func tamed(value any) any {
	switch value := value.(type) {
	case string:
		if isOdd(value) {
			return strings.Repeat("x", utf8.RuneCountInString(value))
		}
		return value
	case []any:
		out := make([]any, len(value))
		for i, item := range value {
			out[i] = tamed(item)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, item := range value {
			out[key] = tamed(item)
		}
		return out
	default:
		return value
	}
}
