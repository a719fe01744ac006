package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// substituteKey keeps Flux from filling in variables, as a label or an annotation.
const substituteKey = flux.KustomizeGroup + "/substitute"

// isVerbatim reports whether Flux leaves the object as kustomize has built it.
func (o object) isVerbatim() bool {
	return o.sources != nil && (o.GetAnnotations()[substituteKey] == "disabled" || o.GetLabels()[substituteKey] == "disabled")
}

// disabledSubstitution finds an object that keeps Flux from filling in its variables,
// for the sake of a script that it holds, and with them the one in its name. What
// stands in its data is what it was kept from.
func disabledSubstitution(v value) *Finding {
	text, _ := v.value.(string)
	if !v.object.isVerbatim() || v.path[0] == "data" || v.path[0] == "stringData" {
		return nil
	}
	names := usesIn(text, v.object.part.where("spec", "path"))
	given := v.object.part.given()
	at := slices.IndexFunc(names, func(u use) bool { return slices.Contains(given, u.name) })
	if at < 0 {
		return nil
	}
	position := v.object.where("metadata", "annotations", substituteKey)
	return &Finding{
		Position: position,
		Message: fmt.Sprintf("%s of %s %q keeps its ${%s}, as %s: disabled keeps Flux from filling in anything of the object, not the script in it alone",
			manifest.Dotted(v.path), v.object.GetKind(), strings.TrimRight(strings.Split(v.object.GetName(), "${")[0], "-."), names[at].name, substituteKey),
		Fix: "remove the annotation, and write the variables that are none of Flux's as $${NAME}",
	}
}
