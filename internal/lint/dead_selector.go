package lint

import (
	"fmt"
	"slices"
	"strings"
)

// deadSelector finds a selector that matches none of the preview's own pods: a
// Service without endpoints, a policy that protects nothing. A preview without
// pods is left alone, and so is one in which an operator may make pods. Kubernetes
// itself refuses a workload's; a policy's peers may be elsewhere.
func deadSelector(s selector) *Finding {
	service := s.object.part.service
	if s.object.hasPods() || len(s.path) > 2 || !service.showsPods() {
		return nil
	}
	if _, matches := s.match(deployed(service)); matches {
		return nil
	}
	return &Finding{
		Position: s.object.where(s.path...),
		Message:  fmt.Sprintf("%s of %s %q, %s, matches no pod of the preview", dotted(s.path), s.object.GetKind(), s.object.GetName(), s.labels),
		Fix:      "select labels that the pod template has",
	}
}

// showsPods reports whether all pods of the preview can be told from the files, and
// there are some.
func (s *Service) showsPods() bool {
	some := false
	for object := range deployed(s) {
		if object.mayMakePods() {
			return false
		}
		some = some || object.hasPods()
	}
	return some
}

// podless are the groups beside those of Kubernetes whose objects make no pods.
var podless = []string{
	"bitnami.com", "cert-manager.io", "external-secrets.io", "gateway.networking.k8s.io", "keda.sh",
	"monitoring.coreos.com", "networking.istio.io", "traefik.io",
}

// mayMakePods reports whether an object is that of an operator, which makes pods
// of it that nobody sees here.
func (o object) mayMakePods() bool {
	group := o.GroupVersionKind().Group
	builtIn := !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
	return !o.hasPods() && !builtIn && !slices.Contains(podless, group)
}
