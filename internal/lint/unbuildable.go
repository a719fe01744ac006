package lint

import (
	"errors"
	"fmt"

	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/preview"
)

// unbuildable finds Kustomizations that Flux could not build.
func unbuildable(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		if service.Fleet == "" {
			continue // see Unchecked
		}
		for _, part := range service.Samples.First.Parts {
			if part.Err != nil {
				out = append(out, service.unbuildable(part))
			}
		}
	}
	return out
}

func (s *Service) unbuildable(part preview.Part) Finding {
	finding := Finding{
		Position: s.where(part, "spec", "path"),
		Message:  fmt.Sprintf("Flux cannot build it: %v", part.Err),
		Fix:      "correct the overlay; `eddy build preview` builds it",
	}
	switch {
	case errors.Is(part.Err, overlay.ErrNoPath):
		finding.Fix = "correct spec.path: it is relative to the root of the repository"
	case errors.Is(part.Err, overlay.ErrNoManifests):
		finding.Fix = "add a kustomization.yaml to the folder"
	}
	return finding
}
