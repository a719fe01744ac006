package templater

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
)

// linkOf returns the URL at which an object says that a preview answers, ""
// when it does not.
func linkOf(o *unstructured.Unstructured) string {
	if url := o.GetAnnotations()[previewURLAnnotation]; url != "" {
		return url
	}
	switch ref := apply.RefOf(o); {
	case isIngress(ref):
		return ingressURL(o)
	case isHTTPRoute(ref):
		hosts, _, _ := unstructured.NestedStringSlice(o.Object, "spec", "hostnames")
		return urlOf("http", hosts)
	default:
		return ""
	}
}

// ingressURL returns the URL of an ingress's first host; https where its
// certificate is for that host.
func ingressURL(o *unstructured.Unstructured) string {
	var hosts, secured []string
	for _, rule := range items(o, "spec", "rules") {
		if host, ok := rule["host"].(string); ok {
			hosts = append(hosts, host)
		}
	}
	for _, tls := range items(o, "spec", "tls") {
		names, _, _ := unstructured.NestedStringSlice(tls, "hosts") // without any it names none
		secured = append(secured, names...)
	}
	url := urlOf("http", hosts)
	if host := strings.TrimPrefix(url, "http://"); url != "" && slices.ContainsFunc(secured, func(name string) bool { return covers(name, host) }) {
		return "https://" + host
	}
	return url
}

// covers reports whether a certificate's name, maybe with a wildcard, is for a host.
func covers(name, host string) bool {
	suffix, wildcard := strings.CutPrefix(name, "*")
	_, rest, _ := strings.Cut(host, ".")
	return name == host || (wildcard && suffix == "."+rest)
}

// urlOf returns the URL of the first host that is one.
func urlOf(scheme string, hosts []string) string {
	for _, host := range hosts {
		if host != "" && !strings.Contains(host, "*") {
			return scheme + "://" + host
		}
	}
	return ""
}

// items returns the maps in a list of an object; what is none is left out.
func items(o *unstructured.Unstructured, fields ...string) []map[string]any {
	list, _, _ := unstructured.NestedFieldNoCopy(o.Object, fields...)
	all, _ := list.([]any)
	var out []map[string]any
	for _, item := range all {
		if one, ok := item.(map[string]any); ok {
			out = append(out, one)
		}
	}
	return out
}

// deployedBy returns the inventory that a deployer keeps in its status.
func deployedBy(deployer *unstructured.Unstructured) apply.Inventory {
	stored, _, _ := unstructured.NestedMap(deployer.Object, "status", "inventory")
	var inventory v1.ResourceInventory
	if stored == nil || runtime.DefaultUnstructuredConverter.FromUnstructured(stored, &inventory) != nil {
		return nil
	}
	read, err := apply.ReadInventory(&inventory)
	if err != nil {
		return nil // it is another's, and only a link is looked for in it
	}
	return read
}

func isIngress(ref apply.Ref) bool { return ref.Group == "networking.k8s.io" && ref.Kind == "Ingress" }

func isHTTPRoute(ref apply.Ref) bool {
	return ref.Group == "gateway.networking.k8s.io" && ref.Kind == "HTTPRoute"
}

func isRoute(ref apply.Ref) bool { return isIngress(ref) || isHTTPRoute(ref) }

// isDeployer reports whether an object deploys others, and lists them.
func isDeployer(o *unstructured.Unstructured) bool { return isDeployerRef(apply.RefOf(o)) }

func isDeployerRef(ref apply.Ref) bool {
	return (ref.Group == "kustomize.toolkit.fluxcd.io" && ref.Kind == "Kustomization") ||
		(ref.Group == "helm.toolkit.fluxcd.io" && ref.Kind == "HelmRelease")
}
