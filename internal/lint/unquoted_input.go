package lint

import (
	"fmt"
	"regexp"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// action is a scalar that is nothing but one template action.
var action = regexp.MustCompile(`^<<-?\s*(.+?)\s*-?>>$`)

// unquotedInput finds inputs that are text, and become a number or a boolean in
// an object when they look like one: a title "12", a branch "true".
func unquotedInput(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		for _, pair := range service.stamped(service.Samples.First, service.Samples.Numeric) {
			for _, leaf := range changedType(pair) {
				out = append(out, service.unquotedInput(pair.a, leaf.path))
			}
		}
	}
	return out
}

func (s *Service) unquotedInput(object deployed, path []any) Finding {
	finding := Finding{
		Position: object.where(path...),
		Message:  fmt.Sprintf("%s becomes a number or a boolean when the input looks like one, and is refused", dotted(path)),
		Fix:      "end the action with | quote",
	}
	node := s.At(append(manifest.Path(object.part.Stamped.Field), path...)...)
	if node == nil {
		return finding
	}
	if found := action.FindStringSubmatch(node.Value); found != nil && node.Style&(yamlv3.LiteralStyle|yamlv3.FoldedStyle) == 0 {
		text := strings.Replace(node.Value, found[1], found[1]+" | quote", 1)
		if node.Style != 0 || !strings.HasPrefix(string(s.Text[offset(s.Text, node.Line, node.Column):]), node.Value) {
			text = "'" + strings.ReplaceAll(text, "'", "''") + "'"
		}
		finding.Edits = replace(s.Document, node, text)
	}
	return finding
}

// changedType lists the values that are text in one object, and something else
// in the other.
func changedType(pair pair) []leaf {
	var out []leaf
	for _, leaf := range leaves(pair.a.Object) {
		_, text := leaf.value.(string)
		other := at(pair.b.Object, leaf.path...)
		if _, still := other.(string); text && !still && other != nil {
			out = append(out, leaf)
		}
	}
	return out
}
