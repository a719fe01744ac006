package lint

import (
	"fmt"
	"strings"

	"github.com/eddy-previews/eddy/internal/preview"
)

// freeText finds texts of a forge that reach postBuild.substitute as they are.
// Flux puts them into the YAML of the overlay and parses it again, so a title
// such as `a: b` breaks the preview, or adds a field to it.
func freeText(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		for _, part := range service.Samples.Hostile.Parts {
			if !preview.IsKustomization(part.Stamped.Unstructured) {
				continue
			}
			values, _ := at(part.Stamped.Object, "spec", "postBuild", "substitute").(map[string]any)
			for _, name := range sortedKeys(values) {
				if strings.Contains(fmt.Sprint(values[name]), hostileText) {
					out = append(out, Finding{
						Position: service.where(part, "spec", "postBuild", "substitute", name),
						Message:  fmt.Sprintf("${%s} is text that somebody wrote at the forge, and Flux puts it into YAML before it is parsed: it can break the preview, or add fields to it", name),
						Fix:      "pass it through slugify: << inputs.branch | slugify >>; or pass the id or the commit",
					})
				}
			}
		}
	}
	return out
}
