package lint

import (
	"fmt"
	"slices"

	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/simulate"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// missingDependency finds dependsOn with a name that nothing has: Flux waits for
// it for ever. Where no other Kustomization was given, nobody can say.
func missingDependency(s *Setup) []Finding {
	there := s.kustomizations()
	if len(there) == 0 {
		return nil
	}
	var out []Finding
	for _, service := range s.Services {
		known := slices.Clone(there)
		for _, part := range service.Samples.First.Parts {
			known = append(known, part.Stamped.GetNamespace()+"/"+part.Stamped.GetName())
		}
		for _, part := range service.Samples.First.Parts {
			out = append(out, service.missingDependency(part, known)...)
		}
	}
	return out
}

func (s *Service) missingDependency(part simulate.Part, known []string) []Finding {
	if !flux.IsKustomization(part.Stamped.Unstructured) {
		return nil
	}
	var out []Finding
	for n, dependency := range flux.Dependencies(part.Stamped.Unstructured) {
		if wanted := dependency.Namespace + "/" + dependency.Name; !slices.Contains(known, wanted) {
			out = append(out, Finding{
				Position: s.where(part, "spec", "dependsOn", n, "name"),
				Message:  fmt.Sprintf("there is no Kustomization %s%s: previews wait for it for ever", wanted, suggest.Hint(wanted, known)),
				Fix:      "correct name and namespace; without a namespace it is that of the preview's Kustomization",
			})
		}
	}
	return out
}

// kustomizations are those of Flux that were given, as namespace/name.
func (s *Setup) kustomizations() []string {
	var out []string
	for _, document := range s.Documents {
		if flux.IsKustomization(document.Object) {
			out = append(out, document.Object.GetNamespace()+"/"+document.Object.GetName())
		}
	}
	return out
}
