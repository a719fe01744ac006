package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// removes is how a CI step takes a label away: over HTTP, or by a forge's tool.
var removes = regexp.MustCompile(`(?i)\bDELETE\b|remove[-_]?labels?|unlabel|labels?[-_ ]remove`)

// staleLabel finds gates that the label of the push before holds open: the watcher
// sees the new commit at once, and starts pods whose image is still being built.
// The tag is that of the push before, so they run the old image under the new
// commit's name.
//
// Where CI is among the files, it is to take the label away before it builds.
// Where it is not, a provider that freezes is taken as a sign that it does.
func staleLabel(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		if !service.movesTag() {
			continue
		}
		for _, provider := range service.Providers {
			if isRequest(provider.Object) {
				out = append(out, s.staleLabel(provider)...)
			}
		}
	}
	return out
}

func (s *Setup) staleLabel(provider Provider) []Finding {
	var out []Finding
	for _, label := range provider.required() {
		script, node := s.sets(provider, label)
		finding := Finding{
			Message: fmt.Sprintf("the label %q is still there after a push, so the new commit is deployed before its image is built, and runs the old one", label),
			Fix:     "let CI remove the label before it builds, and set spec.skip.whenMissing: Freeze in the provider, so that the preview stays as it is meanwhile",
		}
		freezes := provider.Object.Spec.Skip != nil && provider.Object.Spec.Skip.WhenMissing == v1.WhenMissingFreeze
		switch {
		case script != nil && removesFirst(script, label):
			continue
		case script != nil:
			finding.Position = script.Position(node)
		case freezes:
			continue
		default:
			finding.Position = provider.label(label)
		}
		out = append(out, finding)
	}
	return out
}

// sets returns the CI file, and the line of it, that names a label.
func (s *Setup) sets(provider Provider, label string) (script *manifest.Document, node *yamlv3.Node) {
	for _, candidate := range s.scriptsOf(provider) {
		scalars(candidate.Root, nil, func(_ []string, scalar *yamlv3.Node) {
			if strings.Contains(scalar.Value, label) {
				script, node = candidate, scalar
			}
		})
		if script != nil {
			return script, node
		}
	}
	return nil, nil
}

// removesFirst reports whether a step that takes the label away, perhaps written
// for a URL, stands before the last that names it.
func removesFirst(script *manifest.Document, label string) bool {
	removed := false
	first := true
	scalars(script.Root, nil, func(_ []string, scalar *yamlv3.Node) {
		names := strings.Contains(scalar.Value, label) || strings.Contains(scalar.Value, strings.ReplaceAll(label, "/", "%2F"))
		if names && first && removes.MatchString(scalar.Value) {
			removed = true
		}
		first = first && (!names || !setsLabel(scalar.Value))
	})
	return removed
}

// setsLabel reports whether a text is a command that sets a label.
func setsLabel(text string) bool {
	return !removes.MatchString(text) && strings.Contains(text, "labels")
}

// label is the line of a required label.
func (p Provider) label(name string) manifest.Position {
	for _, field := range []string{"skip", "filter"} {
		labels := items(p.At("spec", field, "labels"))
		if i := slices.IndexFunc(labels, func(item *yamlv3.Node) bool { return strings.TrimPrefix(item.Value, "!") == name }); i >= 0 {
			return p.Position(labels[i])
		}
	}
	return p.Position(p.Root)
}

// movesTag reports whether a push changes what is behind an image's tag rather
// than the tag. Where the overlay is not known, it may.
func (s *Service) movesTag() bool {
	if len(s.unchecked()) > 0 {
		return true
	}
	for _, pair := range s.pairs(s.Samples.First, s.Samples.Pushed) {
		for _, container := range containers(pair.a) {
			if container.isOwn() && container.image == textAt(pair.b.Object, append(container.path, "image")...) {
				return true
			}
		}
	}
	return false
}
