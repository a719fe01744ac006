package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/flux"
)

// noURL finds a preview that answers, and that nobody can open: there is a Service of its
// own, and no route to it; or a route without a host.
func noURL(s *Service) []Finding {
	if !s.hasPreviews() || s.hides() || s.hasCharts() {
		return nil
	}
	var service, hostless *object
	for object := range everything(s) {
		switch {
		case flux.URL(object.Unstructured) != "" || object.answers():
			return nil
		case object.GetKind() == "Ingress":
			hostless = &object
		case object.routesOtherwise():
			return nil
		case object.isOneForAll():
		case object.GetKind() == "Service" && object.GroupVersionKind().Group == "" && textAt(object.Object, "spec", "clusterIP") != "None":
			service = &object
		}
	}
	switch {
	case hostless != nil:
		return []Finding{{
			Position: hostless.where("spec", "rules"),
			Message:  fmt.Sprintf("the Ingress %q has no host: it takes what is for any host, from all previews alike, and there is no URL to tell", hostless.GetName()),
			Fix:      fmt.Sprintf("give it a host with the number: api-%s.preview.example.com", hostless.number()),
		}}
	case service != nil:
		return []Finding{{
			Position: service.where("metadata", "name"),
			Message:  fmt.Sprintf("nothing leads to the Service %q from outside: the preview has no URL", service.GetName()),
			Fix: fmt.Sprintf("add an Ingress or an HTTPRoute, or say where it answers in the annotation %s; where it is meant so, say so in a comment: # eddy:ignore no-url REASON",
				flux.URLAnnotation),
		}}
	}
	return nil
}

// answers reports whether a Service is reached from outside by itself.
func (o object) answers() bool {
	kind := textAt(o.Object, "spec", "type")
	return o.GetKind() == "Service" && (kind == "LoadBalancer" || kind == "NodePort" || o.GroupVersionKind().Group != "")
}

// routers are the groups of kinds that lead to Services, beside Kubernetes' own.
var routers = []string{
	"apisix.apache.org", "configuration.konghq.com", "gateway.networking.k8s.io", "gateway.solo.io", "getambassador.io", "http.keda.sh",
	"k8s.nginx.org", "networking.istio.io", "projectcontour.io", "route.openshift.io", "tailscale.com", "traefik.containo.us", "traefik.io",
}

// routesOtherwise reports whether a kind may lead to the preview in a way of its own.
func (o object) routesOtherwise() bool {
	group := o.GroupVersionKind().Group
	return slices.Contains(routers, group) || strings.Contains(o.GetKind(), "Route") || strings.Contains(o.GetKind(), "Tunnel")
}
