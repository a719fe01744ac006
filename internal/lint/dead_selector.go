package lint

import (
	"fmt"
	"slices"
	"strings"
)

// deadSelector finds selectors that match none of the preview's own pods: a
// Service without endpoints, a policy that protects nothing. A preview without
// pods is left alone, and so is one in which an operator may make pods.
func deadSelector(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		objects := service.deployed(service.Samples.First)
		if !hasPods(objects) || slices.ContainsFunc(objects, mayMakePods) {
			continue
		}
		for _, object := range objects {
			for _, selector := range selectors(object) {
				if _, _, own := pods(object.Unstructured); own || len(selector.path) > 2 {
					continue // Kubernetes refuses the first; a policy's peers may be elsewhere
				}
				if _, matches := selector.matches(objects); !matches {
					out = append(out, Finding{
						Position: object.where(selector.path...),
						Message:  fmt.Sprintf("%s of %s %q, %s, matches no pod of the preview", dotted(selector.path), object.GetKind(), object.GetName(), selector.labels),
						Fix:      "select labels that the pod template has",
					})
				}
			}
		}
	}
	return out
}

// podless are the groups beside those of Kubernetes whose objects make no pods.
var podless = []string{
	"bitnami.com", "cert-manager.io", "external-secrets.io", "gateway.networking.k8s.io", "keda.sh",
	"monitoring.coreos.com", "networking.istio.io", "traefik.io",
}

// mayMakePods reports whether an object is that of an operator, which makes pods
// of it that nobody sees here.
func mayMakePods(object deployed) bool {
	group := object.GroupVersionKind().Group
	_, _, ok := pods(object.Unstructured)
	builtIn := !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
	return !ok && !builtIn && !slices.Contains(podless, group)
}

func hasPods(objects []deployed) bool {
	for _, object := range objects {
		if _, _, ok := pods(object.Unstructured); ok {
			return true
		}
	}
	return false
}
