package lint

import (
	"fmt"
	"slices"

	"github.com/eddy-previews/eddy/internal/simulate"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// unsetVariable finds variables in the overlay that nothing gives a value. Flux
// puts nothing in their place, and names, hosts and labels lose their number.
func unsetVariable(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		for _, part := range service.Samples.First.Parts {
			if part.Kustomization == nil || fromElsewhere(part) {
				continue
			}
			values := service.given(part)
			for _, use := range service.layer(part).variables() {
				if !slices.Contains(values, use.name) && !use.hasDefault && (len(values) > 0 || isKustomizationFile(use.File)) {
					out = append(out, use.unset(part, values))
				}
			}
		}
	}
	return out
}

// unset says what becomes of a variable. Where none has a value Flux substitutes
// nothing at all, and what looks like a variable in a script is none.
func (u use) unset(part simulate.Part, values []string) Finding {
	becomes := "Flux puts nothing in its place"
	if len(values) == 0 {
		becomes = "without postBuild.substitute it stays as it is"
	}
	return Finding{
		Position: u.Position,
		Message:  fmt.Sprintf("${%s} has no value: %s%s", u.name, becomes, suggest.Hint(u.name, values)),
		Fix: fmt.Sprintf("give %s a value in postBuild.substitute of the Kustomization %q, or a default: ${%s:=value}; if it is none of Flux's, write $${%s}",
			u.name, part.Stamped.GetName(), u.name, u.name),
	}
}

// given are the names of the variables that have a value.
func (s *Service) given(part simulate.Part) []string {
	if part.Kustomization.Spec.PostBuild == nil {
		return nil
	}
	names := sortedKeys(part.Kustomization.Spec.PostBuild.Substitute)
	for _, from := range part.Kustomization.Spec.PostBuild.SubstituteFrom {
		for _, other := range s.Samples.First.Parts {
			if other.Stamped.GetKind() == from.Kind && other.Stamped.GetName() == from.Name {
				data, _ := at(other.Stamped.Object, "data").(map[string]any)
				names = append(names, sortedKeys(data)...)
			}
		}
	}
	return names
}

// fromElsewhere reports whether variables come from the cluster: then nobody
// can say which there are.
func fromElsewhere(part simulate.Part) bool {
	return part.Kustomization.Spec.PostBuild != nil && len(part.Kustomization.Spec.PostBuild.SubstituteFrom) > 0
}

// unset gives variables without a value one, so that the rest can be built.
func (s *Service) unset() map[string]string {
	out := map[string]string{}
	if s.Fleet == "" {
		return out
	}
	for _, part := range s.Samples.First.Parts {
		if part.Kustomization == nil {
			continue
		}
		for _, use := range s.layer(part).variables() {
			if !use.hasDefault {
				out[use.name] = "unset"
			}
		}
	}
	return out
}
