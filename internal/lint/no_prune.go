package lint

import (
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// noPrune finds a Kustomization without prune: true. When the request is closed
// it goes, and everything that it has deployed stays, for ever. What is stamped out of
// inputs that are written by hand has no request, and may be meant to stay.
func noPrune(p part) *Finding {
	if !p.service.hasPreviews() || !flux.IsKustomization(p.Stamped.Unstructured) || at(p.Stamped.Object, "spec", "prune") == true {
		return nil
	}
	return &Finding{
		Position: p.where("spec", "prune"),
		Message:  "without prune, what the Kustomization has deployed stays when its request is closed",
		Fix:      "set spec.prune: true",
		Edits:    p.prune(),
	}
}

// prune sets spec.prune where it is written, or before the first field of the spec.
func (p part) prune() []Edit {
	path := append(manifest.Path(p.Stamped.Field), "spec")
	document := p.service.Document
	spec := document.At(path...)
	switch written := document.At(append(path, "prune")...); {
	case written != nil:
		return replace(document, written, "true")
	case spec != nil && len(spec.Content) > 0 && spec.Content[0].Line > spec.Line-1 && spec.Style == 0:
		return insertBefore(document, spec.Content[0], "prune: true")
	default:
		return nil
	}
}
