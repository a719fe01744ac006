package lint

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/simulate"
)

// unbuildable finds Kustomizations that Flux could not build, unless that is
// because of a file that is not YAML, which is a finding of its own.
func unbuildable(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		if service.Fleet == "" {
			continue // see Unchecked
		}
		for _, part := range service.Samples.First.Parts {
			if part.Err != nil && !service.isBroken(part) {
				out = append(out, service.unbuildable(part))
			}
		}
	}
	return out
}

// isBroken reports whether a file in the folder of a Kustomization is broken.
func (s *Service) isBroken(part simulate.Part) bool {
	if part.Kustomization == nil {
		return false
	}
	folder := filepath.Join(s.Fleet, part.Kustomization.Spec.Path)
	return slices.ContainsFunc(s.setup.Broken, func(err error) bool {
		return slices.ContainsFunc(asPositioned(err), func(found Finding) bool { return filepath.Dir(found.File) == folder })
	})
}

func (s *Service) unbuildable(part simulate.Part) Finding {
	finding := Finding{
		Position: s.where(part, "spec", "path"),
		Message:  "Flux cannot build it: " + strings.Join(strings.Fields(part.Err.Error()), " "),
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
