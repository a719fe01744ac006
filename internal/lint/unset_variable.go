package lint

import (
	"fmt"
	"slices"

	"github.com/eddy-previews/eddy/internal/suggest"
)

// unsetVariable finds variables in the overlay that nothing gives a value. Flux
// puts nothing in their place, and names, hosts and labels lose their number.
// Where none has a value Flux substitutes nothing at all, and what looks like a
// variable in a script is none.
func unsetVariable(u partUse) *Finding {
	values := u.given
	if u.hasDefault || u.part.takesFromCluster() || slices.Contains(values, u.name) || len(values) == 0 && !isKustomizationFile(u.File) {
		return nil
	}
	becomes := "Flux puts nothing in its place"
	if len(values) == 0 {
		becomes = "without postBuild.substitute it stays as it is"
	}
	return &Finding{
		Position: u.Position,
		Message:  fmt.Sprintf("${%s} has no value: %s%s", u.name, becomes, suggest.Hint(u.name, values)),
		Fix: fmt.Sprintf("give %s a value in postBuild.substitute of the Kustomization %q, or a default: ${%s:=value}; if it is none of Flux's, write $${%s}",
			u.name, u.part.Stamped.GetName(), u.name, u.name),
	}
}

// given are the names of the variables that have a value.
func (p part) given() []string {
	if p.Kustomization.Spec.PostBuild == nil {
		return nil
	}
	names := sortedKeys(p.substitutes())
	for _, from := range p.Kustomization.Spec.PostBuild.SubstituteFrom {
		for other := range stamped(p.service) {
			if other.Stamped.GetKind() == from.Kind && other.Stamped.GetName() == from.Name {
				data, _ := at(other.Stamped.Object, "data").(map[string]any)
				names = append(names, sortedKeys(data)...)
			}
		}
	}
	return names
}

// takesFromCluster reports whether variables come from the cluster: then nobody
// can say which there are.
func (p part) takesFromCluster() bool {
	return p.Kustomization.Spec.PostBuild != nil && len(p.Kustomization.Spec.PostBuild.SubstituteFrom) > 0
}

// unset gives variables without a value one, so that the rest can be built.
func (s *Service) unset() map[string]string {
	out := map[string]string{}
	if s.Fleet == "" {
		return out
	}
	for use := range within(stamped, part.uses)(s) {
		if !use.hasDefault {
			out[use.name] = unsetText
		}
	}
	return out
}
