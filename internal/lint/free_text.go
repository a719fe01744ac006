package lint

import (
	"fmt"
	"strings"
)

// freeText finds texts of a forge in the midst of a text of the overlay. Flux
// puts them there before it parses the YAML. A title that YAML would read as
// more than one value comes with quotes from Eddy, which keep it together where
// ${TITLE} stands alone; in the midst of a text they would be part of it, and
// what they enclose would be structure again.
func freeText(u partUse) *Finding {
	if u.alone || !strings.Contains(u.part.substitutes()[u.name], hostileText) {
		return nil
	}
	return &Finding{
		Position: u.Position,
		Message:  fmt.Sprintf("${%s} is text that somebody wrote at the forge, and Flux puts it into the midst of this one before the YAML is parsed: it can break the preview, or add fields to it", u.name),
		Fix:      "let the variable stand alone in its field, or pass the id, the commit, or what slugify makes of the text: << inputs.branch | slugify >>",
	}
}

// substitutes are the values that a Kustomization gives to variables.
func (p part) substitutes() map[string]string {
	if p.Kustomization == nil || p.Kustomization.Spec.PostBuild == nil {
		return nil
	}
	return p.Kustomization.Spec.PostBuild.Substitute
}
