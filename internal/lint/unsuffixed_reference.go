package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/flux"
)

// unsuffixedReference finds a name that stays as it was while the object that
// it means is renamed. kustomize follows the references that it knows to
// objects of the same build; a host name in an environment variable is text.
func unsuffixedReference(v value, n names) *Finding {
	text, _ := v.value.(string)
	kind := refersTo(v.object.Unstructured, v.path)
	if text == "" || !v.object.part.service.hasPreviews() || slices.Contains(n.there[kind], text) {
		return nil
	}
	finding := &Finding{}
	why := n.meant(kind, text)
	switch {
	case kind == "Service" && why == "" && n.charts:
		return nil // a chart makes Services that nobody sees here
	case kind == "Service" && why == "":
		finding.Severity = Warning
		finding.Fix = "correct the name; where previews share the Service, say so in a comment: # eddy:ignore unsuffixed-reference REASON"
		why = fmt.Sprintf("names the Service %q, which is not in the preview: it has to be in the namespace already", text)
	case kind != "":
		why = fmt.Sprintf("names the %s %q, which is not in the preview%s", kind, text, why)
	case isFreeText(v.path):
		why = n.leads(text, keyOf(v.object.Unstructured, v.path))
	}
	if why == "" {
		return nil
	}
	finding.Position = v.object.where(v.path...)
	finding.Message = fmt.Sprintf("%s of %s %q %s", dotted(v.path), v.object.GetKind(), v.object.GetName(), why)
	if finding.Fix == "" {
		finding.Fix = v.object.repair(finding.Position, "write the number there: ${PR_NUMBER}, as the suffix has it")
	}
	return finding
}

// names are those of a preview's objects.
type names struct {
	// there are the names of each kind, with the suffix.
	there map[string][]string
	// renamed are the Services by their names without the suffix.
	renamed map[string]renamed
	// charts says that a chart is among them.
	charts bool
}

// names are those of what is deployed for the first request.
func (s *Service) names() names {
	out := names{there: map[string][]string{}, renamed: map[string]renamed{}}
	for object := range deployed(s) {
		kind, name := object.GetKind(), object.GetName()
		out.there[kind] = append(out.there[kind], name)
		out.charts = out.charts || flux.IsHelmRelease(object.Unstructured)
		if object.sources == nil || kind != "Service" {
			continue
		}
		if base := object.sources.baseName(object.Unstructured); base != "" && base != name && !strings.Contains(base, "${") {
			out.renamed[base] = renamed{name, hostOf(base)}
		}
	}
	return out
}

// leads says which Service a text leads to that has another name in the preview,
// "" for none.
func (n names) leads(text, key string) string {
	for _, base := range sortedKeys(n.renamed) {
		if text == base && hostKey.MatchString(key) || n.renamed[base].host.MatchString(text) {
			return fmt.Sprintf("leads to the Service %q, which is %q in the preview: nameSuffix does not rewrite text", base, n.renamed[base].name)
		}
	}
	return ""
}

func (n names) meant(kind, text string) string {
	for _, name := range n.there[kind] {
		if strings.HasPrefix(name, text) {
			return fmt.Sprintf(" (there it is %q)", name)
		}
	}
	return ""
}

// refersTo is the kind that a value names: a Service behind an Ingress or a
// route, what an autoscaler scales. "" for others.
func refersTo(object *unstructured.Unstructured, path []any) string {
	where := dotted(path)
	switch {
	case object.GetKind() == "Ingress" && strings.HasSuffix(where, ".service.name"):
		return "Service"
	case strings.Contains(where, ".backendRefs[") && strings.HasSuffix(where, ".name"):
		if isElsewhere(object, path) {
			return ""
		}
		return "Service"
	case where == "spec.scaleTargetRef.name", where == "spec.targetRef.name":
		kind := textAt(object.Object, "spec", fmt.Sprint(path[1]), "kind")
		if kind == "" {
			return "Deployment" // KEDA's default
		}
		return kind
	default:
		return ""
	}
}

// isElsewhere reports whether a backend of a route is no Service, or one of another
// namespace.
func isElsewhere(object *unstructured.Unstructured, path []any) bool {
	beside := func(field string) string { return textAt(object.Object, extend(path[:len(path)-1], field)...) }
	kind, namespace := beside("kind"), beside("namespace")
	return kind != "" && kind != "Service" || namespace != "" && namespace != object.GetNamespace()
}

// isFreeText reports whether a value is text to Kubernetes: environment,
// commands, and the data of a ConfigMap.
func isFreeText(path []any) bool {
	where := dotted(path)
	return strings.Contains(where, ".env[") && strings.HasSuffix(where, ".value") ||
		strings.Contains(where, ".args[") || strings.Contains(where, ".command[") || strings.HasPrefix(where, "data.")
}

// keyOf is what a text is called: the name of an environment variable, or the
// key of a ConfigMap.
func keyOf(object *unstructured.Unstructured, path []any) string {
	if last, _ := path[len(path)-1].(string); last != "value" {
		return last
	}
	return textAt(object.Object, extend(path[:len(path)-1], "name")...)
}

// hostKey is how a name ends whose value is a host, as in REDIS_HOST.
var hostKey = regexp.MustCompile(`(?i)(host|hostname|addr|address|endpoint|upstream|url)$`)

// renamed is a Service with a suffix.
type renamed struct {
	name string
	// host finds where a text has the name without the suffix as a host.
	host *regexp.Regexp
}

// hostOf finds a Service's name where a host stands: http://api/, api:8080, user@api,
// api.app-dev.svc, --redis-host=api. That a name alone is meant as a host, its key has
// to say.
func hostOf(service string) *regexp.Regexp {
	name := regexp.QuoteMeta(service)
	return regexp.MustCompile(`(?i)(://|@)` + name + `([:/?]|\.[a-z0-9-]+(\.svc\b|[:/])|$)` +
		`|(host|hostname|addr|address|endpoint|upstream|url)[=:]\s*["']?` + name + `(["':/\s]|$)` +
		`|(^|[\s,="'])` + name + `(:\d+\b|\.[a-z0-9-]+\.svc\b)`)
}
