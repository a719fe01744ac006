package flux

import (
	"slices"
	"strings"

	eventv1 "github.com/fluxcd/pkg/apis/event/v1beta1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// URLAnnotation says on any object where what it belongs to answers.
const URLAnnotation = eventv1.Group + "/preview-url"

// route is a kind of objects that bring requests for hosts to what was deployed.
type route struct {
	schema.GroupKind
	// url of its first host that is one; "" without any.
	url func(*unstructured.Unstructured) string
}

func routes() []route {
	return []route{
		{schema.GroupKind{Group: "networking.k8s.io", Kind: "Ingress"}, ingressURL},
		{schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "HTTPRoute"}, httpRouteURL},
	}
}

// Routes reports whether objects of a kind bring requests to what was deployed.
func Routes(kind schema.GroupKind) bool {
	return slices.ContainsFunc(routes(), func(r route) bool { return r.GroupKind == kind })
}

// maxURL is how long a URL may be that is one to every browser, in bytes.
const maxURL = 2000

// URL returns the URL at which an object says that what it belongs to answers: by
// its annotation, or by the host that it routes. "" when it does not say, or says more
// than a URL may hold: a request may have written it.
func URL(o *unstructured.Unstructured) string {
	if url := o.GetAnnotations()[URLAnnotation]; url != "" && len(url) <= maxURL {
		return url
	}
	for _, route := range routes() {
		if route.GroupKind == kindOf(o) {
			return route.url(o)
		}
	}
	return ""
}

// ingressURL is https where the ingress has a certificate for the host.
func ingressURL(o *unstructured.Unstructured) string {
	var hosts, secured []string
	for _, rule := range items(o.Object, "spec", "rules") {
		hosts = append(hosts, text(rule, "host"))
	}
	for _, tls := range items(o.Object, "spec", "tls") {
		names, _, _ := unstructured.NestedStringSlice(tls, "hosts") // without any it names none
		secured = append(secured, names...)
	}
	host := firstHost(hosts)
	if host != "" && slices.ContainsFunc(secured, func(name string) bool { return covers(name, host) }) {
		return "https://" + host
	}
	return plainURL(host)
}

// httpRouteURL is http, as the certificate stands in the Gateway.
func httpRouteURL(o *unstructured.Unstructured) string {
	hosts, _, _ := unstructured.NestedStringSlice(o.Object, "spec", "hostnames")
	return plainURL(firstHost(hosts))
}

// covers reports whether a certificate's name, maybe with a wildcard, is for a host.
func covers(name, host string) bool {
	suffix, wildcard := strings.CutPrefix(name, "*")
	_, rest, _ := strings.Cut(host, ".")
	return name == host || (wildcard && suffix == "."+rest)
}

// firstHost returns the first host that is one, not a pattern for many.
func firstHost(hosts []string) string {
	for _, host := range hosts {
		if host != "" && !strings.Contains(host, "*") {
			return host
		}
	}
	return ""
}

func plainURL(host string) string {
	if host == "" {
		return ""
	}
	return "http://" + host
}
