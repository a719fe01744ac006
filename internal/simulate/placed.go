package simulate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Unplaced says of what Flux deploys for a Kustomization what no namespace takes: an
// object that is to be in one, and in none.
func (p Part) Unplaced() []string {
	var out []string
	for _, object := range p.Deployed {
		if object.GetNamespace() == "" && IsNamespaced(object) {
			what, fix := NoNamespace(object)
			out = append(out, what+": "+fix)
		}
	}
	return out
}

// NoNamespace says that an object that Flux deploys is in no namespace, and what to do.
func NoNamespace(object *unstructured.Unstructured) (what, fix string) {
	return fmt.Sprintf("the %s %q has no namespace when all is built: nobody can apply it", object.GetKind(), object.GetName()),
		"write spec.targetNamespace in the Kustomization, or namespace: in its overlay"
}

// NobodyMakes says that there will be no such namespace, and what to do.
func NobodyMakes(namespace, kind string) (what, fix string) {
	return fmt.Sprintf("nobody makes the namespace %q that the %s is put into: each preview fails, for ever", namespace, kind),
		"stamp out a Namespace of that name beside it, or put all previews into one that is there"
}

// NamespaceMadeBy returns the namespace that comes with an object: a Namespace itself, or
// that of a HelmRelease that has Helm make it; "" for none.
func NamespaceMadeBy(object *unstructured.Unstructured) string {
	if object.GetKind() == "Namespace" {
		return object.GetName()
	}
	if installs, _, _ := unstructured.NestedBool(object.Object, "spec", "install", "createNamespace"); installs {
		return textIn(object, "spec", "targetNamespace")
	}
	return ""
}

// Homeless says which namespaces that are a preview's own, as their names tell, nobody
// makes. Own are the texts of a request that such a name has in it; given are objects
// beside those of the preview.
func (r Result) Homeless(own []string, given []*unstructured.Unstructured) []string {
	made, wanted := map[string]bool{}, map[string]string{}
	for _, object := range given {
		made[NamespaceMadeBy(object)] = true
	}
	for _, part := range r.Parts {
		if len(part.LeftOut) > 0 || part.Err != nil {
			return nil // it may be in what nobody has seen
		}
		for _, object := range append([]*unstructured.Unstructured{part.Stamped.Unstructured}, part.Deployed...) {
			made[NamespaceMadeBy(object)] = true
			for _, namespace := range []string{textIn(object, "spec", "targetNamespace"), object.GetNamespace()} {
				if wanted[namespace] == "" && slices.ContainsFunc(own, func(text string) bool { return hasWord(namespace, text) }) {
					wanted[namespace] = object.GetKind()
				}
			}
		}
	}
	var out []string
	for namespace, kind := range wanted {
		if !made[namespace] {
			what, fix := NobodyMakes(namespace, kind)
			out = append(out, what+": "+fix)
		}
	}
	slices.Sort(out)
	return out
}

func textIn(object *unstructured.Unstructured, path ...string) string {
	text, _, _ := unstructured.NestedString(object.Object, path...)
	return text
}

// hasWord reports whether a name has another in it, between dashes.
func hasWord(name, word string) bool {
	if name == "" || word == "" {
		return false
	}
	return regexp.MustCompile(`(^|[-.])` + regexp.QuoteMeta(word) + `($|[-.])`).MatchString(name)
}

// namespacedGroups are groups beside Kubernetes' own whose kinds are in namespaces, but
// for those whose name begins with Cluster.
var namespacedGroups = []string{
	"argoproj.io", "bitnami.com", "cert-manager.io", "external-secrets.io", "helm.toolkit.fluxcd.io", "keda.sh",
	"kustomize.toolkit.fluxcd.io", "monitoring.coreos.com", "networking.istio.io", "source.toolkit.fluxcd.io", "traefik.io",
}

// IsNamespaced reports whether objects of a kind are known to be in namespaces.
func IsNamespaced(object *unstructured.Unstructured) bool {
	gvk := object.GroupVersionKind()
	namespaced, known := openapi.IsNamespaceScoped(yaml.TypeMeta{APIVersion: object.GetAPIVersion(), Kind: gvk.Kind})
	return known && namespaced || slices.Contains(namespacedGroups, gvk.Group) && !strings.HasPrefix(gvk.Kind, "Cluster")
}
