package lint

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/render"
)

// illegalName finds names, hosts, labels and tags that are made of a text of the request,
// and that are legal for a tidy branch alone: each usual request is tried.
var illegalName = inServices(unrenderedUsual, eachUsual(illegalIn))

// unrenderedUsual finds a template that cannot be rendered for a request as people have
// them, while it can for a tidy one.
func unrenderedUsual(s *Service) []Finding {
	at := slices.IndexFunc(s.Samples.Usual, func(u Usual) bool { return u.Err != nil })
	if at < 0 {
		return nil
	}
	usual := s.Samples.Usual[at]
	return []Finding{{
		Position: s.Position(s.Nearest("spec", "resources")),
		Message:  fmt.Sprintf("it cannot be rendered for a request like %q by %q: %s", usual.Branch, usual.Author, usual.Err),
		Fix:      "let the template take any text; `eddy build resourceset` shows what it renders to",
	}}
}

// eachUsual checks what is made of each usual request beside what is made of the first
// one. Of each place, the first request that shows something is told.
func eachUsual(rule func(Usual, pairValue) *Finding) func(*Service) []Finding {
	return func(s *Service) []Finding {
		var out []Finding
		told := map[string]bool{}
		for _, usual := range s.Samples.Usual {
			for v := range usualValues(s, usual) {
				finding := rule(usual, v)
				if finding == nil || told[finding.String()] {
					continue
				}
				told[finding.String()] = true
				out = append(out, *finding)
			}
		}
		return out
	}
}

// usualValues are the values of what is stamped out and deployed, of which the other one
// is that of the usual request.
func usualValues(s *Service, usual Usual) iter.Seq[pairValue] {
	return func(yield func(pairValue) bool) {
		for _, pairs := range []iter.Seq[pair]{s.stampedPairs(usual.Result), s.pairs(usual.Result)} {
			for p := range pairs {
				for _, v := range p.values() {
					if v.value != v.other && !yield(v) {
						return
					}
				}
			}
		}
	}
}

// illegalIn finds a value that the API server refuses, or Helm or a registry.
func illegalIn(usual Usual, v pairValue) *Finding {
	text, is := v.other.(string)
	was, _ := v.value.(string)
	what, check := legal(v.a, v.path)
	if !is || check == nil || len(check(was)) > 0 || v.isTorn(was) {
		return nil
	}
	wrong := check(text)
	if len(wrong) == 0 {
		return nil
	}
	return &Finding{
		Position: v.handed(was, text),
		Message: fmt.Sprintf("%s is no %s for every request: for the branch %q by %q the %s would have %q, which is refused: %s",
			manifest.Dotted(v.path), what, usual.Branch, usual.Author, v.a.GetKind(), shortened(text), strings.Split(wrong[0], " (e.g.")[0]),
		Fix: fmt.Sprintf("take the number, << inputs.id >>, or make a name of the text: << inputs.branch | %s >>", render.NameOfText),
	}
}

// isTorn reports whether a variable hands a text on as it is, into the midst of another
// one: free-text says what comes of it.
func (v pairValue) isTorn(was string) bool {
	return v.a.sources != nil && slices.ContainsFunc(v.a.part.rawTexts(), func(raw string) bool {
		return raw != was && strings.Contains(was, raw)
	})
}

// handed is where a value comes from: the variable of Flux that holds it, or its own place.
func (v pairValue) handed(was, text string) manifest.Position {
	variables, others := v.a.part.substitutes(), v.b.part.substitutes()
	for _, name := range sortedKeys(variables) {
		value, other := strings.Trim(variables[name], `"'`), strings.Trim(others[name], `"'`)
		if v.a.sources != nil && value != other && value != "" && strings.Contains(was, value) && strings.Contains(text, other) {
			return v.a.part.where("spec", "postBuild", "substitute", name)
		}
	}
	return v.a.where(v.path...)
}

func shortened(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return text
}

// legal returns what a value has to be, and what is wrong with one that is not; nil for
// one that may be any text.
func legal(o object, path []any) (what string, check func(string) []string) {
	where := general(path)
	last := path[len(path)-1]
	parent := any("")
	if len(path) > 1 {
		parent = path[len(path)-2]
	}
	switch {
	case where == "metadata.name" && o.GetKind() == "Namespace", where == "metadata.namespace", where == "spec.targetNamespace":
		return "name of a namespace", validation.IsDNS1123Label
	case where == "metadata.name" && o.GetKind() == "Service":
		return "name of a Service", validation.IsDNS1035Label
	case where == "metadata.name" && strings.HasPrefix(o.GroupVersionKind().Group, "rbac."):
		return "", nil
	case where == "metadata.name":
		return "name", validation.IsDNS1123Subdomain
	case where == "spec.releaseName":
		return "name of a release", releaseName
	case parent == "labels" || parent == "matchLabels" || parent == "selector" && o.GetKind() == "Service":
		return "label", validation.IsValidLabelValue
	case isHost(path):
		return "host", host
	case last == "image" && strings.Contains(where, "ontainers[]"):
		return "image", image
	}
	return "", nil
}

func releaseName(text string) []string {
	if len(text) > 53 {
		return []string{"must be no more than 53 characters"}
	}
	return validation.IsDNS1123Label(text)
}

// host checks each part of a host, the first of which may be *.
func host(text string) []string {
	text = strings.TrimPrefix(text, "*.")
	for _, part := range strings.Split(text, ".") {
		if wrong := validation.IsDNS1123Label(part); len(wrong) > 0 {
			return wrong
		}
	}
	return validation.IsDNS1123Subdomain(text)
}

var reference = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9.:_/-]*?(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$`)

func image(text string) []string {
	colon := strings.LastIndex(text, ":")
	tagged := colon > strings.LastIndex(text, "/")
	if reference.MatchString(text) && (tagged || !strings.Contains(text, ":")) {
		return nil
	}
	return []string{"a tag has letters, digits, _, . and - alone, at most 128 of them"}
}
