package lint

import (
	"fmt"
	"strings"

	"github.com/eddy-previews/eddy/internal/simulate"
)

// freeText finds texts of a forge in the midst of a text of the overlay. Flux
// puts them there before it parses the YAML. A title that YAML would read as
// more than one value comes with quotes from Eddy, which keep it together where
// ${TITLE} stands alone; in the midst of a text they would be part of it, and
// what they enclose would be structure again.
func freeText(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		for _, part := range service.Samples.Hostile.Parts {
			free := freeVariables(part)
			if len(free) == 0 {
				continue
			}
			for _, use := range service.layer(part).variables() {
				if free[use.name] && !use.alone {
					out = append(out, Finding{
						Position: use.Position,
						Message:  fmt.Sprintf("${%s} is text that somebody wrote at the forge, and Flux puts it into the midst of this one before the YAML is parsed: it can break the preview, or add fields to it", use.name),
						Fix:      "let the variable stand alone in its field, or pass the id, the commit, or what slugify makes of the text: << inputs.branch | slugify >>",
					})
				}
			}
		}
	}
	return out
}

// freeVariables are those whose value holds what somebody wrote, as it is.
func freeVariables(part simulate.Part) map[string]bool {
	if part.Kustomization == nil || part.Kustomization.Spec.PostBuild == nil {
		return nil
	}
	out := map[string]bool{}
	for name, value := range part.Kustomization.Spec.PostBuild.Substitute {
		if strings.Contains(value, hostileText) {
			out[name] = true
		}
	}
	return out
}
