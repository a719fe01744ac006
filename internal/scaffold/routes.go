package scaffold

import (
	"fmt"
	"path"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
)

// routes are what brings requests to the service, and what it can lead to.
type routes struct {
	ingresses  []networkingv1.Ingress
	httpRoutes []*unstructured.Unstructured
	services   []corev1.Service
}

// isEmpty reports whether nothing leads to the service.
func (r routes) isEmpty() bool { return len(r.ingresses) == 0 && len(r.httpRoutes) == 0 }

// hosts are those of all of them.
func (r routes) hosts() []string {
	var out []string
	for _, ingress := range r.ingresses {
		for _, rule := range ingress.Spec.Rules {
			out = append(out, rule.Host)
		}
	}
	for _, route := range r.httpRoutes {
		names, _, _ := unstructured.NestedStringSlice(route.Object, "spec", "hostnames") // without any it answers to all
		out = append(out, names...)
	}
	return out
}

// backend is the Service that leads to the pods of a Deployment, and a port of it: the
// one called http, or the first.
func (r routes) backend(of *appsv1.Deployment) *networkingv1.IngressServiceBackend {
	for _, service := range r.services {
		selector := labels.SelectorFromSet(service.Spec.Selector)
		if len(service.Spec.Selector) == 0 || len(service.Spec.Ports) == 0 || !selector.Matches(labels.Set(of.Spec.Template.Labels)) {
			continue
		}
		at := max(0, slices.IndexFunc(service.Spec.Ports, func(port corev1.ServicePort) bool { return port.Name == "http" }))
		port := service.Spec.Ports[at]
		out := &networkingv1.IngressServiceBackend{Name: service.Name, Port: networkingv1.ServiceBackendPort{Name: port.Name}}
		if port.Name == "" {
			out.Port.Number = port.Port
		}
		return out
	}
	return nil
}

// Unrouted is a base of which nobody can ask anything: previews have no URL.
type Unrouted struct {
	// Base is its folder.
	Base string
	// Service and Port are what an Ingress would lead to; "" without such a Service.
	Service, Port string
}

// unrouted says what there is in the place of a route; nil where there is one, or one
// is written.
func (d *derivation) unrouted() *Unrouted {
	if d.isRouted() {
		return nil
	}
	out := &Unrouted{Base: d.answers.Base}
	if backend := d.base.routes.backend(d.base.chosen()); backend != nil {
		_, port, _ := strings.Cut(portOf(backend), ": ")
		out.Service, out.Port = backend.Name, port
	}
	return out
}

// isRouted reports whether previews have a URL.
func (d *derivation) isRouted() bool { return !d.base.routes.isEmpty() || d.added() != nil }

// added is what the Ingress leads to that is written where the base has none.
func (d *derivation) added() *networkingv1.IngressServiceBackend {
	if !d.answers.Ingress || !d.base.routes.isEmpty() {
		return nil
	}
	return d.base.routes.backend(d.base.chosen())
}

// addedIngress is the file of that Ingress.
const addedIngress = "pr-ingress.yaml"

// routing derives what gives a preview hosts of its own, and returns the lines of the
// overlay that name it: among its resources, and among its patches.
func (d *derivation) routing() (resources, patches string) {
	hosts := &hosts{answers: d.answers, given: map[string]string{}}
	if backend := d.added(); backend != nil {
		d.ingress(addedIngress, ingressTo(backend), hosts)
		own := &d.files[len(d.files)-1]
		_, rest, _ := strings.Cut(own.Text, "apiVersion:")
		own.Text = "# The service has no Ingress of its own, so each preview has this one.\napiVersion:" + rest
		return "  - " + addedIngress + "\n", ""
	}
	for n, ingress := range d.base.routes.ingresses {
		name := numbered("pr-ingress-patch", n)
		d.ingress(name, ingress, hosts)
		patches += "  - path: " + name + "\n"
	}
	for n, route := range d.base.routes.httpRoutes {
		name := numbered("pr-httproute-patch", n)
		d.files = append(d.files, File{Path: path.Join(d.template(), name), Text: d.httpRoute(route, hosts)})
		patches += fmt.Sprintf("  - path: %s\n    target: { kind: HTTPRoute, name: %s }\n", name, route.GetName())
	}
	return "", patches
}

// numbered names the files of several patches.
func numbered(name string, n int) string {
	if n == 0 {
		return name + ".yaml"
	}
	return fmt.Sprintf("%s-%d.yaml", name, n+1)
}

// hosts gives each host of the service one for each preview.
type hosts struct {
	answers Answers
	given   map[string]string
}

// of returns the host of a preview in the place of one: SERVICE-NUMBER.DOMAIN for the
// first, and SERVICE-LABEL-NUMBER.DOMAIN for others.
func (h *hosts) of(host string) string {
	if known := h.given[host]; known != "" {
		return known
	}
	name := h.answers.Service
	if n := len(h.given); n > 0 {
		first, _, _ := strings.Cut(strings.TrimPrefix(host, "*."), ".")
		name = fmt.Sprintf("%s-%s", h.answers.Service, first)
		isTaken := func(other string) bool { return strings.HasPrefix(other, name+"-${") }
		if len(name) > maxHost || !label.MatchString(first) || slices.ContainsFunc(h.all(), isTaken) {
			name = fmt.Sprintf("%s-%d", h.answers.Service, n+1)
		}
	}
	h.given[host] = name + "-${PR_NUMBER}." + h.answers.Domain
	return h.given[host]
}

// maxHost leaves room in the first part of a host for the number.
const maxHost = 63 - len("-10001")

func (h *hosts) all() []string {
	var out []string
	for _, host := range h.given {
		out = append(out, host)
	}
	return out
}

// ingressTo is an Ingress that leads to one Service.
func ingressTo(backend *networkingv1.IngressServiceBackend) networkingv1.Ingress {
	out := networkingv1.Ingress{}
	out.Name = backend.Name
	out.Spec.DefaultBackend = &networkingv1.IngressBackend{Service: backend}
	return out
}

// ingress derives the rules of an Ingress with hosts of the preview's own.
func (d *derivation) ingress(name string, ingress networkingv1.Ingress, hosts *hosts) {
	const example = overlayExample + "pr-ingress-patch.yaml"
	_, old, found := strings.Cut(d.example("pr-ingress-patch.yaml"), "spec:\n")
	if !found {
		d.fail(fmt.Errorf("examples/%s has no spec", example))
	}
	var text, names string
	for _, rule := range rulesOf(ingress) {
		host := hosts.of(rule.Host)
		text += "    - host: " + host + "\n" + pathsText(rule)
		if !strings.Contains(names, host) {
			names += fmt.Sprintf(", %q", host)
		}
	}
	if len(ingress.Spec.Rules) == 0 && name != addedIngress {
		text += "  defaultBackend: null # which would be that of all hosts\n"
	}
	d.add(path.Join(d.template(), name), example, change{"name: api-ingress", identified(ingress.Name, ingress.Namespace)},
		change{old, "  rules:\n" + text + "  tls:\n    - hosts: [" + strings.TrimPrefix(names, ", ") + "]\n"})
}

// rulesOf are the rules of an Ingress; one that leads everything to one place has one.
func rulesOf(ingress networkingv1.Ingress) []networkingv1.IngressRule {
	if len(ingress.Spec.Rules) > 0 || ingress.Spec.DefaultBackend == nil {
		return ingress.Spec.Rules
	}
	prefix := networkingv1.PathTypePrefix
	everything := networkingv1.HTTPIngressPath{Path: "/", PathType: &prefix, Backend: *ingress.Spec.DefaultBackend}
	return []networkingv1.IngressRule{{IngressRuleValue: networkingv1.IngressRuleValue{
		HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{everything}},
	}}}
}

// pathsText are the paths of a rule, as the example writes them.
func pathsText(rule networkingv1.IngressRule) string {
	if rule.HTTP == nil {
		return ""
	}
	out := "      http:\n        paths:\n"
	for _, one := range rule.HTTP.Paths {
		kind := networkingv1.PathTypeImplementationSpecific
		if one.PathType != nil {
			kind = *one.PathType
		}
		lead := "          - "
		if one.Path != "" {
			out += lead + "path: " + scalar(one.Path) + "\n"
			lead = "            "
		}
		out += lead + "pathType: " + string(kind) + "\n            backend:\n"
		switch backend := one.Backend; {
		case backend.Service != nil:
			out += fmt.Sprintf("              service:\n                name: %s\n                port:\n                  %s\n", backend.Service.Name, portOf(backend.Service))
		case backend.Resource != nil:
			group := ""
			if backend.Resource.APIGroup != nil {
				group = fmt.Sprintf("apiGroup: %s, ", *backend.Resource.APIGroup)
			}
			out += fmt.Sprintf("              resource: {%skind: %s, name: %s}\n", group, backend.Resource.Kind, backend.Resource.Name)
		}
	}
	return out
}

// scalar writes a path so that YAML takes it for text, and Flux for no variable.
func scalar(text string) string {
	text = strings.ReplaceAll(text, "${", "$${")
	if plainPath.MatchString(text) {
		return text
	}
	return fmt.Sprintf("%q", text)
}

func portOf(backend *networkingv1.IngressServiceBackend) string {
	if backend.Port.Name != "" {
		return "name: " + backend.Port.Name
	}
	return fmt.Sprintf("number: %d", backend.Port.Number)
}

// httpRoute is the patch of an HTTPRoute. kustomize does not know that it leads to
// Services, so the number is written where one of the base is named.
func (d *derivation) httpRoute(route *unstructured.Unstructured, hosts *hosts) string {
	old, _, _ := unstructured.NestedStringSlice(route.Object, "spec", "hostnames") // without any it answers to all
	if len(old) == 0 {
		old = []string{""}
	}
	var names []string
	for _, host := range old {
		if name := fmt.Sprintf("%q", hosts.of(host)); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	out := "# Gives the preview a host of its own. kustomize does not follow an HTTPRoute to its\n" +
		"# Services, so the suffix stands in their names here.\n" +
		"- op: add\n  path: /spec/hostnames\n  value: [" + strings.Join(names, ", ") + "]\n"
	rules, _, _ := unstructured.NestedSlice(route.Object, "spec", "rules") // without any it leads nowhere
	for n, rule := range rules {
		backends, _, _ := unstructured.NestedSlice(asMap(rule), "backendRefs")
		for m, backend := range backends {
			name, _, _ := unstructured.NestedString(asMap(backend), "name")
			if d.base.isOwnService(asMap(backend), name) {
				out += fmt.Sprintf("- op: replace\n  path: /spec/rules/%d/backendRefs/%d/name\n  value: %s-${PR_NUMBER}\n", n, m, name)
			}
		}
	}
	return out
}

// isOwnService reports whether a reference means a Service of the base.
func (b *base) isOwnService(reference map[string]any, name string) bool {
	kind, given := reference["kind"]
	if _, elsewhere := reference["namespace"]; elsewhere || given && kind != "Service" {
		return false
	}
	return slices.ContainsFunc(b.routes.services, func(service corev1.Service) bool { return service.Name == name })
}

func asMap(value any) map[string]any {
	out, _ := value.(map[string]any)
	return out
}
