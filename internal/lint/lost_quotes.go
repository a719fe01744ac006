package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// lostQuotes finds values that are text before Flux substitutes and not
// afterwards. kustomize drops quotes that YAML does not need, so those around
// "${COMMIT_SHA}" are gone when the value takes its place: the commit 1e10 is
// then ten billion, and an annotation that is a number is refused.
var lostQuotes = inServices(each(within(deployed, object.values), neverText), each(within(numeric, pair.values), sometimesText))

const requote = `put text beside it ("sha-${COMMIT_SHA}"), or quotes that are part of the text: give a variable QUOTE the value '"' in postBuild.substitute, and write ${QUOTE}${COMMIT_SHA}${QUOTE}`

// neverText finds a value that is no text where only text is taken.
func neverText(v value) *Finding {
	if _, text := v.value.(string); text || v.object.sources == nil || !mustBeText(v.object.GetKind(), v.path) {
		return nil
	}
	return &Finding{
		Severity: Error,
		Position: v.object.where(v.path...),
		Message: fmt.Sprintf("%s of %s %q is a number or a boolean, not text, after Flux has substituted: kustomize has dropped the quotes, and the API server refuses it",
			manifest.Dotted(v.path), v.object.GetKind(), v.object.GetName()),
		Fix: requote,
	}
}

// sometimesText finds a value that is text for one request, and not for another.
func sometimesText(v pairValue) *Finding {
	if v.a.sources == nil || !v.stopsBeingText() {
		return nil
	}
	fix := requote
	if fmt.Sprint(v.other) == numericText {
		fix = "let the quotes come with the value: end the action in postBuild.substitute with | quote | quote, and leave the variable alone in its field"
	}
	return &Finding{
		Position: v.a.where(v.path...),
		Message:  fmt.Sprintf("%s stops being text when the value looks like a number, as the commit 1e10 or a title 12 does: kustomize drops the quotes before Flux substitutes", manifest.Dotted(v.path)),
		Fix:      fix,
	}
}

// mustBeText reports whether the API server wants text in a place.
func mustBeText(kind string, path []any) bool {
	keys := strings.Split(manifest.Dotted(path), ".")
	if len(keys) < 2 {
		return false
	}
	last, parent := keys[len(keys)-1], keys[len(keys)-2]
	return slices.Contains([]string{"labels", "annotations", "matchLabels"}, parent) ||
		slices.Contains([]string{"data", "stringData"}, parent) && len(path) == 2 && (kind == "ConfigMap" || kind == "Secret") ||
		parent == "selector" && kind == "Service" ||
		last == "value" && strings.HasPrefix(parent, "env[")
}
