package lint

import (
	"fmt"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// deadLabel finds labels with which no request is ever an input: a label that
// both opens and holds, one that no forge accepts, and one that CI spells
// otherwise.
func deadLabel(s *Setup) []Finding {
	var out []Finding
	for _, provider := range s.watchers() {
		for _, item := range items(provider.At("spec", "skip", "labels")) {
			out = append(out, provider.contradicted(item)...)
		}
		for _, item := range append(items(provider.At("spec", "skip", "labels")), items(provider.At("spec", "filter", "labels"))...) {
			if !provider.hasLabels() {
				out = append(out, Finding{
					Position: provider.Position(item),
					Message:  fmt.Sprintf("a provider of type %s knows no labels, and is refused with one", provider.Object.Spec.Type),
					Fix:      "remove it, and let the pods wait: put the commit into the image's tag",
				})
				continue
			}
			name := strings.TrimPrefix(item.Value, "!")
			if name != strings.TrimSpace(name) || name == "" || strings.HasPrefix(name, "!") {
				out = append(out, Finding{
					Position: provider.Position(item),
					Message:  fmt.Sprintf("no request has the label %q: no forge keeps a label that is empty or begins or ends with a space", name),
					Fix:      `write the label as the forge shows it, after one "!" where it is required`,
				})
			}
		}
		out = append(out, s.misspelt(provider)...)
	}
	return out
}

// contradicted finds a label that is required and holds at once.
func (p Provider) contradicted(item *yamlv3.Node) []Finding {
	if strings.HasPrefix(item.Value, "!") || !slices.Contains(p.required(), item.Value) {
		return nil
	}
	return []Finding{{
		Position: p.Position(item),
		Message:  fmt.Sprintf("the label %q is required, and holds the request that has it: none ever becomes an input", item.Value),
		Fix:      "remove one of the two",
	}}
}

// misspelt finds a required label that CI does not set, when it sets one much
// like it.
func (s *Setup) misspelt(provider Provider) []Finding {
	scripts := s.scriptsOf(provider)
	var out []Finding
	for _, label := range provider.required() {
		var near *manifest.Document
		var node *yamlv3.Node
		var word string
		for _, script := range scripts {
			if strings.Contains(string(script.Text), label) {
				near = nil
				break
			}
			scalars(script.Root, nil, func(_ []string, scalar *yamlv3.Node) {
				words := strings.FieldsFunc(scalar.Value, func(r rune) bool { return strings.ContainsRune(" \"'=[]{},\n", r) })
				if found := suggest.To(label, words); found != "" && strings.Contains(scalar.Value, "label") && len(found) > 3 && node == nil {
					near, node, word = script, scalar, found
				}
			})
		}
		if near != nil {
			out = append(out, Finding{
				Position: near.Position(node),
				Message:  fmt.Sprintf("CI sets the label %q, and the provider %q requires %q: no request ever becomes an input", word, provider.Object.Name, label),
				Fix:      "write the same label in both",
			})
		}
	}
	return out
}

// scriptsOf are the CI files in the folder of a provider, or below it.
func (s *Setup) scriptsOf(provider Provider) []*manifest.Document {
	var out []*manifest.Document
	for _, script := range s.Scripts {
		if near(script.File, provider.File) {
			out = append(out, script)
		}
	}
	return out
}
