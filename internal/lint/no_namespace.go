package lint

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// noNamespace finds objects that have no namespace in the end, and namespaces that are
// to be a preview's own and that nobody makes: nothing can be applied there.
var noNamespace = all(
	inServices(each(everything, unplaced)),
	homeless,
)

// unplaced finds an object that is to be in a namespace, and in none.
func unplaced(o object) *Finding {
	if o.GetNamespace() != "" || !o.isNamespaced() {
		return nil
	}
	fix, position := "write metadata.namespace", o.where("metadata", "name")
	if o.sources != nil {
		fix, position = "write spec.targetNamespace in the Kustomization, or namespace: in its overlay", o.part.where("spec", "path")
	}
	return &Finding{
		Position: position,
		Message:  fmt.Sprintf("the %s %q has no namespace when all is built: nobody can apply it", o.GetKind(), o.GetName()),
		Fix:      fix,
	}
}

// isNamespaced reports whether a kind is known to be in namespaces.
func (o object) isNamespaced() bool {
	if isClusterScoped(o.GetKind()) {
		return false
	}
	gvk := o.GroupVersionKind()
	namespaced, known := openapi.IsNamespaceScoped(yaml.TypeMeta{APIVersion: o.GetAPIVersion(), Kind: gvk.Kind})
	return known && namespaced || slices.Contains(namespacedGroups, gvk.Group) && !strings.HasPrefix(gvk.Kind, "Cluster")
}

// namespacedGroups are groups beside Kubernetes' own whose kinds are in namespaces, but
// for those whose name begins with Cluster.
var namespacedGroups = []string{
	"argoproj.io", "bitnami.com", "cert-manager.io", "external-secrets.io", "helm.toolkit.fluxcd.io", "keda.sh",
	"kustomize.toolkit.fluxcd.io", "monitoring.coreos.com", "networking.istio.io", "source.toolkit.fluxcd.io", "traefik.io",
}

// homeless finds what is put into a namespace that differs from preview to preview, and
// that none of what is stamped out or deployed makes.
func homeless(s *Setup) []Finding {
	made := map[string]bool{}
	for object := range within(services, func(s *Service) []object { return slices.Collect(everything(s)) })(s) {
		if object.GetKind() == "Namespace" {
			made[object.GetName()] = true
		}
		if object.installs() {
			made[textAt(object.Object, "spec", "targetNamespace")] = true
		}
	}
	return inServices(func(service *Service) []Finding {
		if service.hides() || slices.ContainsFunc(s.Services, func(other *Service) bool { return other.hides() && other.sharesProvider(service) }) {
			return nil // it may be in what nobody has seen
		}
		missing := func(p pair) *Finding { return homelessIn(p, made) }
		return all(each(stampedNeighbours, missing), each(neighbours, missing))(service)
	})(s)
}

// homelessIn finds an object in a namespace that nobody makes.
func homelessIn(p pair, made map[string]bool) *Finding {
	for _, path := range [][]any{{"metadata", "namespace"}, {"spec", "targetNamespace"}} {
		namespace := textAt(p.a.Object, path...)
		if namespace == "" || made[namespace] || namespace == textAt(p.b.Object, path...) {
			continue
		}
		if ks := p.a.part.Kustomization; p.a.sources != nil && ks.Spec.TargetNamespace == namespace {
			return nil // it is said of the Kustomization
		}
		return &Finding{
			Position: p.a.placed(path...),
			Message:  fmt.Sprintf("nobody makes the namespace %q that the %s is put into: each preview fails, for ever", namespace, p.a.GetKind()),
			Fix:      "stamp out a Namespace of that name beside it, or put all previews into one that is there",
		}
	}
	return nil
}

// placed is where the object gets its namespace: of the overlay, or of its own.
func (o object) placed(path ...any) manifest.Position {
	if o.sources != nil && o.sources.overlay != nil {
		if node := o.sources.overlay.At("namespace"); node != nil {
			return o.sources.overlay.Position(node)
		}
	}
	return o.where(path...)
}

// sharesProvider reports whether two services are of the same requests.
func (s *Service) sharesProvider(other *Service) bool {
	return slices.ContainsFunc(s.Providers, func(p Provider) bool {
		return slices.ContainsFunc(other.Providers, func(o Provider) bool { return p.Document == o.Document })
	})
}

// installs reports whether Helm makes the namespace that a release is put into.
func (o object) installs() bool { return at(o.Object, "spec", "install", "createNamespace") == true }

// hides reports whether something that may hold a Namespace could not be looked at.
func (s *Service) hides() bool {
	if s.Err != nil || s.isPartial() {
		return true
	}
	return slices.ContainsFunc(s.stamped(), func(p part) bool { return p.Err != nil || p.Kustomization != nil && len(p.Deployed) == 0 })
}
