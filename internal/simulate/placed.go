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
			out = append(out, fmt.Sprintf("the %s %q has no namespace when all is built: nobody can apply it: "+
				"write spec.targetNamespace in the Kustomization, or namespace: in its overlay", object.GetKind(), object.GetName()))
		}
	}
	return out
}

// Homeless says which namespaces that are a preview's own, as their names tell, nobody
// makes. Own are the texts of a request that such a name has in it; given are objects
// beside those of the preview.
func (r Result) Homeless(own []string, given []*unstructured.Unstructured) []string {
	made := map[string]bool{}
	wanted := map[string]string{}
	want := func(object *unstructured.Unstructured, path ...string) {
		namespace, _, _ := unstructured.NestedString(object.Object, path...)
		if wanted[namespace] == "" && slices.ContainsFunc(own, func(text string) bool { return hasWord(namespace, text) }) {
			wanted[namespace] = object.GetKind()
		}
	}
	makes := func(object *unstructured.Unstructured) {
		if object.GetKind() == "Namespace" {
			made[object.GetName()] = true
		}
		if installs, _, _ := unstructured.NestedBool(object.Object, "spec", "install", "createNamespace"); installs {
			namespace, _, _ := unstructured.NestedString(object.Object, "spec", "targetNamespace")
			made[namespace] = true
		}
	}
	for _, object := range given {
		makes(object)
	}
	for _, part := range r.Parts {
		if len(part.LeftOut) > 0 || part.Err != nil {
			return nil // it may be in what nobody has seen
		}
		for _, object := range append([]*unstructured.Unstructured{part.Stamped.Unstructured}, part.Deployed...) {
			makes(object)
			want(object, "spec", "targetNamespace")
			want(object, "metadata", "namespace")
		}
	}
	var out []string
	for namespace, kind := range wanted {
		if !made[namespace] {
			out = append(out, fmt.Sprintf("nobody makes the namespace %q that the %s is put into: each preview fails, for ever: "+
				"stamp out a Namespace of that name beside it, or put all previews into one that is there", namespace, kind))
		}
	}
	slices.Sort(out)
	return out
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
