package lint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	yamlv3 "go.yaml.in/yaml/v3"
)

func sortedKeys[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

// dotted writes a path as errors have it: spec.rules[0].host.
func dotted(path []any) string {
	out := ""
	for _, step := range path {
		switch step := step.(type) {
		case int:
			out += fmt.Sprintf("[%d]", step)
		default:
			if out != "" {
				out += "."
			}
			out += fmt.Sprint(step)
		}
	}
	return out
}

// deletes is what makes a patch of kustomize delete.
var deletes = regexp.MustCompile(`(?m)^\$patch:\s*delete`)

var kindLine = regexp.MustCompile(`(?m)^kind:\s*(\w+)`)

// kindOf returns the kind that a patch names.
func kindOf(patch string) string {
	if found := kindLine.FindStringSubmatch(patch); found != nil {
		return found[1]
	}
	return ""
}

// hasVariable reports whether one of the values holds a variable of Flux.
func hasVariable(values []*yamlv3.Node) bool {
	return slices.ContainsFunc(values, func(value *yamlv3.Node) bool { return variable.MatchString(value.Value) })
}
