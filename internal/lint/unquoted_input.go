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

// unquotedInput finds an input that is text, and becomes a number or a boolean in
// an object when it looks like one: a title "12", a branch "true".
func unquotedInput(v pairValue) *Finding {
	if !v.stopsBeingText() {
		return nil
	}
	return &Finding{
		Position: v.a.where(v.path...),
		Message:  fmt.Sprintf("%s becomes a number or a boolean when the input looks like one, and is refused", manifest.Dotted(v.path)),
		Fix:      "end the action with | quote",
		Edits:    v.a.part.quote(v.path),
	}
}

// quote lets the action end with | quote that makes a field, where that is all of it.
func (p part) quote(path []any) []Edit {
	s := p.service
	node := s.At(append(manifest.Path(p.Stamped.Field), path...)...)
	if node == nil || node.Style&(yamlv3.LiteralStyle|yamlv3.FoldedStyle) != 0 {
		return nil
	}
	found := action.FindStringSubmatch(node.Value)
	if found == nil {
		return nil
	}
	text := strings.Replace(node.Value, found[1], found[1]+" | quote", 1)
	if node.Style != 0 || !strings.HasPrefix(string(s.Text[offset(s.Text, node.Line, node.Column):]), node.Value) {
		text = "'" + strings.ReplaceAll(text, "'", "''") + "'"
	}
	return replace(s.Document, node, text)
}
