package lint

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// deadLabel finds labels with which no request is ever an input: a label that
// both opens and holds, one that no forge accepts, and one that CI spells
// otherwise.
var deadLabel = all(
	each(within(watchers, Provider.held), contradicted),
	each(within(watchers, Provider.labels), impossible),
	each(within(watchers, Provider.gates), misspelt),
)

// labelNode is a label where a provider names it.
type labelNode struct {
	provider Provider
	*yamlv3.Node
}

// held are the labels of spec.skip.
func (p Provider) held() []labelNode { return p.labelsOf("skip") }

// labels are those of spec.skip and spec.filter.
func (p Provider) labels() []labelNode { return append(p.held(), p.labelsOf("filter")...) }

func (p Provider) labelsOf(field string) []labelNode {
	var out []labelNode
	for _, item := range items(p.At("spec", field, "labels")) {
		out = append(out, labelNode{p, item})
	}
	return out
}

// contradicted finds a label that is required and holds at once.
func contradicted(l labelNode) *Finding {
	if strings.HasPrefix(l.Value, "!") || !slices.Contains(l.provider.required(), l.Value) {
		return nil
	}
	return &Finding{
		Position: l.provider.Position(l.Node),
		Message:  fmt.Sprintf("the label %q is required, and holds the request that has it: none ever becomes an input", l.Value),
		Fix:      "remove one of the two",
	}
}

// impossible finds a label that no request can have.
func impossible(l labelNode) *Finding {
	if !l.provider.hasLabels() {
		return &Finding{
			Position: l.provider.Position(l.Node),
			Message:  fmt.Sprintf("a provider of type %s knows no labels, and is refused with one", l.provider.Object.Spec.Type),
			Fix:      "remove it, and let the pods wait: put the commit into the image's tag",
		}
	}
	name := strings.TrimPrefix(l.Value, "!")
	if name == strings.TrimSpace(name) && name != "" && !strings.HasPrefix(name, "!") {
		return nil
	}
	return &Finding{
		Position: l.provider.Position(l.Node),
		Message:  fmt.Sprintf("no request has the label %q: no forge keeps a label that is empty or begins or ends with a space", name),
		Fix:      `write the label as the forge shows it, after one "!" where it is required`,
	}
}

// misspelt finds a required label that CI does not set, when it sets one much
// like it.
func misspelt(g gate) *Finding {
	var script *manifest.Document
	var node *yamlv3.Node
	var word string
	for _, candidate := range g.provider.scripts() {
		if strings.Contains(string(candidate.Text), g.label) {
			return nil
		}
		if node == nil {
			script = candidate
			node, word = alike(candidate, g.label)
		}
	}
	if node == nil {
		return nil
	}
	return &Finding{
		Position: script.Position(node),
		Message:  fmt.Sprintf("CI sets the label %q, and the provider %q requires %q: no request ever becomes an input", word, g.provider.Object.Name, g.label),
		Fix:      "write the same label in both",
	}
}

// alike returns the first place of a script, and the word there, that is much like
// a label.
func alike(script *manifest.Document, label string) (node *yamlv3.Node, word string) {
	scalars(script.Root, nil, func(_ []string, scalar *yamlv3.Node) {
		if node != nil || !strings.Contains(scalar.Value, "label") {
			return
		}
		words := strings.FieldsFunc(scalar.Value, func(r rune) bool { return strings.ContainsRune(" \"'=[]{},\n", r) })
		if found := suggest.To(label, words); len(found) > 3 {
			node, word = scalar, found
		}
	})
	return node, word
}

// scripts are the CI files in the folder of a provider, or below it.
func (p Provider) scripts() []*manifest.Document {
	var out []*manifest.Document
	for _, script := range p.setup.Scripts {
		if isBelow(script.File, p.File) {
			out = append(out, script)
		}
	}
	return out
}

// building are the CI files that may make the images that a provider waits for: those in
// its folder or below it, and those of the repository that it is in that name one.
func (p Provider) building() []*manifest.Document {
	out := p.scripts()
	for _, image := range p.Object.Spec.Gate.Images {
		for _, script := range p.naming(image.Repository) {
			if !slices.Contains(out, script) {
				out = append(out, script)
			}
		}
	}
	return out
}

// naming are the CI files that name something, a label or an image: those in the folder
// of the provider or below it, or else those of the repository that it is in.
func (p Provider) naming(what string) []*manifest.Document {
	var below, above []*manifest.Document
	for _, script := range p.setup.Scripts {
		switch {
		case !strings.Contains(string(script.Text), what):
		case isBelow(script.File, p.File):
			below = append(below, script)
		case isBelow(p.File, filepath.Join(repositoryOf(script.File), "x")):
			above = append(above, script)
		}
	}
	if len(below) > 0 {
		return below
	}
	return above
}

// repositoryOf is the folder that a CI file is for.
func repositoryOf(file string) string {
	for _, folder := range []string{".github", ".gitea", ".forgejo", ".gitlab", ".woodpecker"} {
		parts := strings.Split(file, string(filepath.Separator))
		if at := slices.Index(parts, folder); at >= 0 {
			return cmp.Or(strings.Join(parts[:at], string(filepath.Separator)), ".")
		}
	}
	return filepath.Dir(file)
}
