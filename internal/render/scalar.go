package render

import (
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// scalar is a string of a resource that is a template of its own.
type scalar struct {
	text
	// asString: what it renders to is a string, whatever it looks like.
	asString bool
	// quoted: it renders to a YAML string, quotes included.
	quoted bool
}

// render renders the string, to a number, a boolean or null where the field
// may want one and the text is just that.
func (s *scalar) render(e *engine) (any, error) {
	rendered, err := s.string(e)
	if err != nil || s.asString || s.quoted {
		return rendered, err
	}
	return resolve(rendered), nil
}

// string renders to a string.
func (s *scalar) string(e *engine) (string, error) {
	rendered, err := e.execute(s.text)
	if err != nil || !s.quoted {
		return rendered, err
	}
	var unquoted string
	if err := yaml.Unmarshal([]byte(rendered), &unquoted); err != nil {
		return rendered, nil // several quoted words: the author meant the text
	}
	return unquoted, nil
}

// resolve returns the value of a text that is one plain YAML scalar, else the
// text as it is: nothing in it may add structure.
func resolve(rendered string) any {
	if !isOnePlainScalar(rendered) {
		return rendered
	}
	var value any
	if err := yaml.Unmarshal([]byte(rendered), &value); err != nil {
		return rendered
	}
	switch value.(type) {
	case float64:
		return number(rendered, value)
	case bool, nil:
		return value
	default:
		return rendered
	}
}

// number returns a whole number as int64, as objects in the cluster have it.
func number(rendered string, value any) any {
	var whole int64
	if err := yaml.Unmarshal([]byte(rendered), &whole); err == nil && !strings.ContainsAny(rendered, ".eE") {
		return whole
	}
	return value
}

// isOnePlainScalar reports whether YAML reads a text as one scalar without
// quotes, whose text is all of it.
func isOnePlainScalar(rendered string) bool {
	var document yamlv3.Node
	if err := yamlv3.Unmarshal([]byte(rendered), &document); err != nil || len(document.Content) != 1 {
		return false
	}
	found := document.Content[0]
	return found.Kind == yamlv3.ScalarNode && found.Style == 0 && found.Anchor == "" && found.Value == rendered
}

// isPlain reports whether a string is written without quotes in YAML, and so
// may become something else than a string once it is rendered.
func isPlain(value string) bool {
	written, err := yaml.Marshal(value)
	return err == nil && !strings.ContainsAny(string(written[:1]), `'"|>`)
}

// stringMaps are fields whose values are all strings.
var stringMaps = []string{"labels", "annotations", "matchLabels", "nodeSelector", "substitute", "stringData"}

// stringFields are fields that are strings in every kind.
var stringFields = []string{"name", "namespace", "generateName", "namePrefix", "nameSuffix", "targetNamespace", "image", "host", "path"}

// isStringField reports whether the API wants a string at a path, so that a
// value that looks like something else stays one.
func isStringField(kind string, path []string) bool {
	if len(path) == 0 {
		return false
	}
	last := path[len(path)-1]
	if slices.Contains(stringFields, last) {
		return true
	}
	if len(path) < 2 {
		return false
	}
	parent := path[len(path)-2]
	switch {
	case slices.Contains(stringMaps, parent):
		return true
	case parent == "data" && len(path) == 2:
		return kind == "ConfigMap" || kind == "Secret"
	case last == "value" && len(path) >= 3:
		return path[len(path)-3] == "env"
	default:
		return false
	}
}
