package lint

import (
	"errors"
	"fmt"

	"github.com/eddy-previews/eddy/internal/render"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// invalid finds what cannot be read: it would be refused, or mean something else.
var invalid = all(unreadable, inServices(unrenderable, unknownProviders, refusedParts), habits)

// unreadable finds files that are not what they seem.
func unreadable(s *Setup) []Finding {
	var out []Finding
	for _, broken := range s.Broken {
		out = append(out, asPositioned(broken)...)
	}
	return out
}

// unrenderable says which template cannot be rendered.
func unrenderable(s *Service) []Finding {
	if s.Err == nil {
		return nil
	}
	node := s.At("spec")
	var parse *render.ParseError
	if errors.As(s.Err, &parse) {
		node = s.Field(parse.Field)
	}
	return []Finding{{
		Position: s.Position(node),
		Message:  s.Err.Error(),
		Fix:      "correct the template; `eddy build resourceset` shows what it renders to",
	}}
}

// unknownProviders finds names in inputsFrom that no provider has.
func unknownProviders(s *Service) []Finding {
	var names []string
	for _, provider := range s.setup.providers {
		names = append(names, provider.Document.Object.GetName())
	}
	if len(names) == 0 {
		return nil // they were not given
	}
	var out []Finding
	for _, missing := range s.missing() {
		if !missing.IsNamed() {
			out = append(out, Finding{
				Severity: Warning, // labels can be set in the cluster
				Position: s.Position(s.At("spec", "inputsFrom", missing.Index, "selector")),
				Message:  fmt.Sprintf("the selector matches no provider among the files in the namespace %q: it gives no input", s.Set.Namespace),
				Fix:      "give a provider these labels",
			})
			continue
		}
		out = append(out, Finding{
			Position: s.Position(s.At("spec", "inputsFrom", missing.Index, "name")),
			Message:  fmt.Sprintf("there is no provider %q in the namespace %q%s", missing.Name, s.Set.Namespace, suggest.Hint(missing.Name, names)),
			Fix:      "correct the name; provider and ResourceSet must be in the same namespace",
		})
	}
	return out
}
