package lint

import (
	"fmt"
	"strings"
)

// lostQuotes finds values that are text before Flux substitutes and not
// afterwards. kustomize drops quotes that YAML does not need, so those around
// "${COMMIT_SHA}" are gone when the value takes its place: the commit 1e10 is
// then ten billion, and an annotation that is a number is refused.
func lostQuotes(s *Setup) []Finding {
	const fix = `put text beside it ("sha-${COMMIT_SHA}"), or quotes that are part of the text: give a variable QUOTE the value '"' in postBuild.substitute, and write ${QUOTE}${COMMIT_SHA}${QUOTE}`
	const freeFix = "let the quotes come with the value: end the action in postBuild.substitute with | quote | quote, and leave the variable alone in its field"
	var out []Finding
	for _, service := range s.Services {
		for _, object := range service.deployed(service.Samples.First) {
			if object.layer == nil {
				continue
			}
			for _, leaf := range leaves(object.Object) {
				if _, text := leaf.value.(string); !text && mustBeText(object.GetKind(), leaf.path) {
					out = append(out, Finding{
						Severity: Error,
						Position: object.where(leaf.path...),
						Message:  fmt.Sprintf("%s of %s %q is a number or a boolean, not text, after Flux has substituted: kustomize has dropped the quotes, and the API server refuses it", dotted(leaf.path), object.GetKind(), object.GetName()),
						Fix:      fix,
					})
				}
			}
		}
		for _, pair := range service.pairs(service.Samples.First, service.Samples.Numeric) {
			if pair.a.layer == nil {
				continue
			}
			for _, leaf := range changedType(pair) {
				repair := fix
				if fmt.Sprint(at(pair.b.Object, leaf.path...)) == numericText {
					repair = freeFix
				}
				out = append(out, Finding{
					Position: pair.a.where(leaf.path...),
					Message:  fmt.Sprintf("%s stops being text when the value looks like a number, as the commit 1e10 or a title 12 does: kustomize drops the quotes before Flux substitutes", dotted(leaf.path)),
					Fix:      repair,
				})
			}
		}
	}
	return out
}

// mustBeText reports whether the API server wants text in a place.
func mustBeText(kind string, path []any) bool {
	keys := strings.Split(dotted(path), ".")
	if len(keys) < 2 {
		return false
	}
	switch parent := keys[len(keys)-2]; parent {
	case "labels", "annotations", "matchLabels":
		return true
	case "data", "stringData":
		return len(path) == 2 && (kind == "ConfigMap" || kind == "Secret")
	case "selector":
		return kind == "Service"
	default:
		return keys[len(keys)-1] == "value" && strings.HasPrefix(parent, "env[")
	}
}
