package lint

import (
	"fmt"
	"slices"

	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// dependency is a name in dependsOn of a Kustomization.
type dependency struct {
	part  part
	index int
	// wanted is NAMESPACE/NAME.
	wanted string
}

// dependencies lists those of a Kustomization.
func (p part) dependencies() []dependency {
	if !flux.IsKustomization(p.Stamped.Unstructured) {
		return nil
	}
	var out []dependency
	for n, on := range flux.Dependencies(p.Stamped.Unstructured) {
		out = append(out, dependency{p, n, on.Namespace + "/" + on.Name})
	}
	return out
}

// missingDependency finds dependsOn with a name that nothing has: Flux waits for
// it for ever. Where no other Kustomization was given, nobody can say.
func missingDependency(d dependency, known []string) *Finding {
	if len(known) == 0 || slices.Contains(known, d.wanted) {
		return nil
	}
	return &Finding{
		Position: d.part.where("spec", "dependsOn", d.index, "name"),
		Message:  fmt.Sprintf("there is no Kustomization %s%s: previews wait for it for ever", d.wanted, suggest.Hint(d.wanted, known)),
		Fix:      "correct name and namespace; without a namespace it is that of the preview's Kustomization",
	}
}

func (s *Service) dependable() []string { return s.setup.dependable() }

// allDependable are the Kustomizations of Flux that were given, and what the ResourceSets
// stamp out, as NAMESPACE/NAME; none where none was given.
func (s *Setup) allDependable() []string {
	var out []string
	for _, document := range s.kustomizations {
		out = append(out, document.Object.GetNamespace()+"/"+document.Object.GetName())
	}
	if len(out) == 0 {
		return nil
	}
	for part := range within(services, (*Service).stamped)(s) {
		out = append(out, part.Stamped.GetNamespace()+"/"+part.Stamped.GetName())
	}
	return out
}
