package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// deadSelector finds a selector that matches none of the preview's own pods: a
// Service without endpoints, a policy that protects nothing. A preview without
// pods is left alone, and so is one in which an operator may make pods. Kubernetes
// itself refuses a workload's; a policy's peers may be elsewhere.
func deadSelector(s selector, own visiblePods) *Finding {
	if s.object.hasPods() || len(s.path) > 2 || len(own) == 0 || s.what() != "pods" {
		return nil
	}
	if _, matches := s.match(own); matches {
		return nil
	}
	return &Finding{
		Position: s.object.where(s.path...),
		Message:  fmt.Sprintf("%s of %s %q, %s, matches no pod of the preview", manifest.Dotted(s.path), s.object.GetKind(), s.object.GetName(), s.labels),
		Fix:      "select labels that the pod template has",
	}
}

// visiblePods are the objects of the preview that make pods; none where others may
// make some that nobody sees here.
type visiblePods []object

func (s *Service) visiblePods() visiblePods {
	var out visiblePods
	for object := range deployed(s) {
		if object.mayMakePods() {
			return nil
		}
		if object.hasPods() {
			out = append(out, object)
		}
	}
	return out
}

// podless are the groups beside those of Kubernetes whose objects make no pods.
var podless = []string{
	"bitnami.com", "cert-manager.io", "cilium.io", "configuration.konghq.com", "crd.projectcalico.org", "external-secrets.io",
	"gateway.networking.k8s.io", "generators.external-secrets.io", "image.toolkit.fluxcd.io", "keda.sh", "kyverno.io",
	"monitoring.coreos.com", "networking.istio.io", "notification.toolkit.fluxcd.io", "policy.linkerd.io", "projectcalico.org", "projectcontour.io",
	"secretgenerator.mittwald.de", "security.istio.io", "source.toolkit.fluxcd.io", "telemetry.istio.io", "traefik.containo.us", "traefik.io",
}

// mayMakePods reports whether an object is that of an operator, which makes pods
// of it that nobody sees here.
func (o object) mayMakePods() bool {
	group := o.GroupVersionKind().Group
	builtIn := !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
	return !o.hasPods() && !builtIn && !slices.Contains(podless, group)
}
