package lint

import (
	"fmt"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// unsuffixedReference finds a name that stays as it was while the object that
// it means is renamed. kustomize follows the references that it knows to
// objects of the same build; a host name in an environment variable is text, and the
// fields of other kinds, annotations, and what an operator makes, are unknown to it.
func unsuffixedReference(v value, n names) *Finding {
	text, _ := v.value.(string)
	if text == "" || !v.object.part.service.hasPreviews() {
		return nil
	}
	kind := refersTo(v.object.Unstructured, v.path)
	if n.isThere(kind, text) {
		return nil
	}
	finding := &Finding{}
	why := n.left(v, text)
	switch {
	case why != "":
	case kind == "Service" && n.meant(kind, text) == "" && n.charts:
		return nil // a chart makes Services that nobody sees here
	case kind == "Service" && n.meant(kind, text) == "":
		finding.Severity = Warning
		finding.Fix = "correct the name; where previews share the Service, say so in a comment: # eddy:ignore unsuffixed-reference REASON"
		why = fmt.Sprintf("names the Service %q, which is not in the preview: it has to be in the namespace already", text)
	case kind != "":
		why = fmt.Sprintf("names the %s %q, which is not in the preview%s", kind, text, n.meant(kind, text))
	default:
		return nil
	}
	finding.Position = v.object.where(v.path...)
	finding.Message = fmt.Sprintf("%s of %s %q %s", manifest.Dotted(v.path), v.object.GetKind(), v.object.GetName(), why)
	if finding.Fix == "" {
		finding.Fix = v.object.repair(finding.Position, fmt.Sprintf("write the number there: %s, as the suffix has it", v.object.number()))
	}
	return finding
}

// left says which object a value means that has another name in the preview, "" for
// none.
func (n names) left(v value, text string) string {
	all := v.refers()
	if v.object.GetKind() == "PrometheusRule" && v.path[len(v.path)-1] == "expr" {
		all = matchers(text)
	}
	for _, one := range all {
		name, to, is := n.became(one, v.object.namespace())
		switch {
		case is && to.by == "":
			return fmt.Sprintf("names the %s %q, which is %q in the preview: kustomize does not know it for a name", one.kind, name, to.name)
		case is:
			return fmt.Sprintf("names the %s %q, which is %q in the preview, as the %s that it is made for is renamed", one.kind, name, to.name, to.by)
		}
	}
	if isFreeText(v.path) {
		return n.leads(text, keyOf(v.object.Unstructured, v.path))
	}
	return ""
}

// leads says which Service a text leads to that has another name in the preview,
// "" for none.
func (n names) leads(text, key string) string {
	for _, base := range sortedKeys(n.renamed["Service"]) {
		to := n.renamed["Service"][base]
		if text == base && hostKey.MatchString(key) || to.host.MatchString(text) {
			return fmt.Sprintf("leads to the Service %q, which is %q in the preview: nameSuffix does not rewrite text", base, to.name)
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
	where := manifest.Dotted(path)
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
	where := manifest.Dotted(path)
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
