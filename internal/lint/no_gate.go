package lint

import (
	"strings"

	"github.com/eddy-previews/eddy/internal/source"
)

// noGate finds providers that export a request before CI has built its image:
// its pods would wait for an image that is not there, or run that of an earlier
// push.
func noGate(s *Setup) []Finding {
	var out []Finding
	for _, provider := range s.watchers() {
		if len(provider.required()) > 0 || !provider.hasLabels() {
			continue
		}
		position := provider.Position(provider.Nearest("spec", "skip", "labels"))
		if provider.At("spec", "skip") == nil {
			position = provider.Position(provider.Nearest("spec", "type"))
		}
		out = append(out, Finding{
			Position: position,
			Message:  "a request is deployed as soon as it is open, before CI has pushed its image",
			Fix:      `let CI set a label when the image is there, and require it: spec.skip.labels: ["!build/image-ready"]`,
		})
	}
	return out
}

// hasLabels reports whether the forge of a provider has labels on requests.
// Where it has none, the pods wait for the image of their commit.
func (p Provider) hasLabels() bool {
	kind, err := source.TypeOf(p.Object.Spec.Type)
	return err != nil || kind.Tells.Labels
}

// watchers are the providers that watch pull requests.
func (s *Setup) watchers() []Provider {
	var out []Provider
	for _, document := range s.providers() {
		provider := Provider{Document: document, Object: providerOf(document)}
		if isRequest(provider.Object) {
			out = append(out, provider)
		}
	}
	return out
}

// required are the labels without which a request is no input.
func (p Provider) required() []string {
	var out []string
	if p.Object.Spec.Filter != nil {
		out = append(out, p.Object.Spec.Filter.Labels...)
	}
	if p.Object.Spec.Skip != nil {
		for _, label := range p.Object.Spec.Skip.Labels {
			if name, negated := strings.CutPrefix(label, "!"); negated {
				out = append(out, name)
			}
		}
	}
	return out
}
