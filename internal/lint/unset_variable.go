package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/nearest"
	"github.com/eddy-previews/eddy/internal/preview"
)

// variable is ${NAME} or ${NAME:=default}, and $${NAME}, which is left alone.
var variable = regexp.MustCompile(`(\$?)\$\{(\w+)([^}]*)\}`)

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
				if !slices.Contains(values, use.name) && !use.hasDefault {
					out = append(out, Finding{
						Position: use.Position,
						Message:  fmt.Sprintf("${%s} has no value: Flux puts nothing in its place%s", use.name, nearest.Hint(use.name, values)),
						Fix:      fmt.Sprintf("give %s a value in postBuild.substitute of the Kustomization %q, or a default: ${%s:=value}", use.name, part.Stamped.GetName(), use.name),
					})
				}
			}
		}
	}
	return out
}

// given are the names of the variables that have a value.
func (s *Service) given(part preview.Part) []string {
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
func fromElsewhere(part preview.Part) bool {
	return part.Kustomization.Spec.PostBuild != nil && len(part.Kustomization.Spec.PostBuild.SubstituteFrom) > 0
}

// use is a place where a variable is used.
type use struct {
	manifest.Position
	name       string
	hasDefault bool
	// alone in its scalar.
	alone bool
}

// variables lists where the files of an overlay use variables.
func (l *layer) variables() []use {
	var out []use
	for _, document := range l.documents {
		metadata := document.Object
		const switchedOff = "kustomize.toolkit.fluxcd.io/substitute"
		if metadata.GetLabels()[switchedOff] == "disabled" || metadata.GetAnnotations()[switchedOff] == "disabled" {
			continue
		}
		everyText(document.Root, func(node *yamlv3.Node) {
			for _, found := range variable.FindAllStringSubmatchIndex(node.Value, -1) {
				if found[3] > found[2] { // $${NAME}
					continue
				}
				position := document.Position(node)
				if node.Style&(yamlv3.LiteralStyle|yamlv3.FoldedStyle) != 0 {
					position.Line += 1 + strings.Count(node.Value[:found[0]], "\n")
					position.Column = 1
				}
				out = append(out, use{position, node.Value[found[4]:found[5]], found[7] > found[6], node.Value[found[0]:found[1]] == node.Value})
			}
		})
	}
	return out
}

// everyText visits keys and values that are text.
func everyText(node *yamlv3.Node, visit func(*yamlv3.Node)) {
	if node.Kind == yamlv3.ScalarNode {
		visit(node)
	}
	for _, child := range node.Content {
		everyText(child, visit)
	}
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
