package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/schedule"
	"github.com/eddy-previews/eddy/internal/simulate"
)

// habits finds what is YAML, and taken by the API server, and means something else than
// it says to who knows it from elsewhere.
var habits = all(
	inServices(otherBraces, boolKeys),
	unheeded,
)

// braces is an input between the braces of another tool: {{ inputs.id }}, ${{ inputs.id }},
// [[ inputs.id ]]. What Argo calls so has more parts, {{inputs.parameters.x}}.
var braces = regexp.MustCompile(`\$?(?:\{\{|\[\[)-?\s*\.?[iI]nputs\.(\w+)\s*(\|[^}\]]*)?-?(?:\}\}|\]\])|\$\(\s*inputs\.(\w+)\s*\)`)

// otherBraces finds inputs that nobody replaces.
func otherBraces(s *Service) []Finding {
	var out []Finding
	known := s.inputNames()
	for _, node := range templateTexts(s.Document) {
		for _, found := range braces.FindAllStringSubmatchIndex(node.Value, -1) {
			name, rest := group(node.Value, found, 1), strings.TrimSpace(group(node.Value, found, 2))
			if name == "" {
				name = group(node.Value, found, 3)
			}
			if !slices.Contains(known, name) {
				continue
			}
			if rest != "" {
				rest = " " + rest
			}
			out = append(out, Finding{
				Position: s.Within(node, found[0]),
				Message:  fmt.Sprintf("%s stays as it is: nobody replaces it", node.Value[found[0]:found[1]]),
				Fix:      fmt.Sprintf("write << inputs.%s%s >>", name, rest),
			})
		}
	}
	return out
}

func group(text string, found []int, n int) string {
	if found[2*n] < 0 {
		return ""
	}
	return text[found[2*n]:found[2*n+1]]
}

// inputNames are the keys that an input of the service may have.
func (s *Service) inputNames() []string {
	out := []string{"provider"}
	for _, field := range forge.Fields() {
		out = append(out, field.Name)
	}
	for _, provider := range s.Providers {
		out = append(out, sortedKeys(provider.Object.Spec.DefaultValues)...)
	}
	for _, in := range s.Set.Spec.Inputs {
		out = append(out, sortedKeys(in)...)
	}
	return out
}

// templateTexts are the texts of a ResourceSet that are templates.
func templateTexts(document *manifest.Document) []*yamlv3.Node {
	var out []*yamlv3.Node
	add := func(node *yamlv3.Node) {
		if node != nil {
			everyText(node, func(text *yamlv3.Node) { out = append(out, text) })
		}
	}
	for _, field := range []string{"resources", "resourcesTemplate"} {
		add(document.At("spec", field))
		for _, step := range items(document.At("spec", "steps")) {
			_, value := manifest.Pair(step, field)
			add(value)
		}
	}
	return out
}

// boolKeys finds keys such as N and ON that YAML takes for false and true: a variable is
// then called so.
func boolKeys(s *Service) []Finding {
	var out []Finding
	say := func(position manifest.Position, word string) {
		value, _ := manifest.BoolWord(word)
		out = append(out, Finding{
			Position: position,
			Message:  fmt.Sprintf("the key %s is YAML's word for %s: what is called so here is called %q", word, value, value),
			Fix:      fmt.Sprintf("quote it: %q", word),
		})
	}
	spec := s.At("spec")
	if spec == nil {
		return nil
	}
	for _, key := range manifest.BoolKeys(spec) {
		say(s.Position(key), key.Value)
	}
	for _, text := range templateTexts(s.Document) {
		for _, key := range s.BoolKeysIn(text) {
			say(key.Position, key.Word)
		}
	}
	return out
}

// unheeded finds what of a provider or a ResourceSet the operator refuses or does not
// heed, in its words.
func unheeded(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		if !s.refused[service.Document] {
			out = append(out, service.inField(simulate.CheckSet(service.Set))...)
		}
		out = append(out, s.annotations(service.Document)...)
	}
	for _, provider := range s.providers {
		if !s.refused[provider.Document] {
			out = append(out, inField(provider.Document, simulate.CheckProvider(provider.Object))...)
		}
		out = append(out, s.annotations(provider.Document)...)
	}
	return out
}

func (s *Service) inField(errs []error) []Finding { return inField(s.Document, errs) }

// field is how the operator begins what it says of one.
var field = regexp.MustCompile(`^(spec[\w.\[\]]*)`)

// inField puts errors of the operator where their field is.
func inField(document *manifest.Document, errs []error) []Finding {
	var out []Finding
	for _, err := range errs {
		position := document.Position(document.Nearest("spec"))
		if found := field.FindString(err.Error()); found != "" {
			position = document.Position(document.Field(found))
		}
		out = append(out, Finding{Position: position, Message: err.Error(), Fix: "correct the field; docs/reference.md has what it takes", weak: true})
	}
	return out
}

// annotations finds annotations of Eddy that it does not heed.
func (s *Setup) annotations(document *manifest.Document) []Finding {
	var out []Finding
	for _, fault := range schedule.Annotations(document.Object.GetAnnotations(), v1.Annotations()) {
		key, value := manifest.Pair(document.At("metadata", "annotations"), fault.Key)
		node := value
		if fault.IsUnknown {
			node = key
		}
		out = append(out, Finding{Position: document.Position(node), Message: fault.Message, Fix: fault.Fix})
	}
	return out
}
