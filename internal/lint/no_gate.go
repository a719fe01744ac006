package lint

import (
	"strings"

	"github.com/eddy-previews/eddy/internal/source"
)

// noGate finds a provider that exports a request before CI has built its image:
// its pods would wait for an image that is not there, or run that of an earlier
// push.
func noGate(p Provider) *Finding {
	if len(p.required()) > 0 || !p.hasLabels() || p.proves() {
		return nil
	}
	node := p.Nearest("spec", "skip", "labels")
	if p.At("spec", "skip") == nil {
		node = p.Nearest("spec", "type")
	}
	return &Finding{
		Position: p.Position(node),
		Message:  "a request is deployed as soon as it is open, before CI has pushed its image",
		Fix:      `wait for the image of its commit with spec.gate.images, or for CI with spec.gate.checks; or let CI set a label when it is there, and require that: spec.skip.labels: ["!build/image-ready"]`,
	}
}

// proves reports whether a commit waits for what is proved of it.
func (p Provider) proves() bool {
	return p.provesImages() || p.Object.Spec.Gate != nil && len(p.Object.Spec.Gate.Checks) > 0
}

// provesImages reports whether a commit waits for its own image.
func (p Provider) provesImages() bool {
	return p.Object.Spec.Gate != nil && len(p.Object.Spec.Gate.Images) > 0
}

// hasLabels reports whether the forge of a provider has labels on requests.
// Where it has none, the pods wait for the image of their commit.
func (p Provider) hasLabels() bool {
	kind, err := source.TypeOf(p.Object.Spec.Type)
	return err != nil || kind.Tells.Labels
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
