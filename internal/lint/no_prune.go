package lint

import (
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/simulate"
)

// noPrune finds Kustomizations without prune: true. When the request is closed
// they go, and everything that they have deployed stays, for ever.
func noPrune(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		for _, part := range service.Samples.First.Parts {
			if flux.IsKustomization(part.Stamped.Unstructured) && at(part.Stamped.Object, "spec", "prune") != true {
				out = append(out, service.noPrune(part))
			}
		}
	}
	return out
}

func (s *Service) noPrune(part simulate.Part) Finding {
	path := append(manifest.Path(part.Stamped.Field), "spec")
	finding := Finding{
		Position: s.where(part, "spec", "prune"),
		Message:  "without prune, what the Kustomization has deployed stays when its request is closed",
		Fix:      "set spec.prune: true",
	}
	spec := s.At(path...)
	switch written := s.At(append(path, "prune")...); {
	case written != nil:
		finding.Edits = replace(s.Document, written, "true")
	case spec != nil && len(spec.Content) > 0 && spec.Content[0].Line > spec.Line-1 && spec.Style == 0:
		finding.Edits = insertBefore(s.Document, spec.Content[0], "prune: true")
	}
	return finding
}
