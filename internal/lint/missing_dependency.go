package lint

import (
	"fmt"
	"slices"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"

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
	if !simulate.IsKustomization(part.Stamped.Unstructured) {
		return nil
	}
	var out []Finding
	list, _ := at(part.Stamped.Object, "spec", "dependsOn").([]any)
	for n := range list {
		name, namespace := textAt(list, n, "name"), textAt(list, n, "namespace")
		if namespace == "" {
			namespace = part.Stamped.GetNamespace()
		}
		if wanted := namespace + "/" + name; !slices.Contains(known, wanted) {
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
		if document.Is(kustomizev1.GroupVersion.Group, kustomizev1.KustomizationKind) {
			out = append(out, document.Object.GetNamespace()+"/"+document.Object.GetName())
		}
	}
	return out
}
