package cli

import (
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/plan"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// objects are what the files of a command hold.
type objects struct {
	files     []string
	sets      []*v1.ResourceSet
	providers []v1.ResourceSetInputProvider
	secrets   []corev1.Secret
	// known are all others and the Secrets.
	known []*unstructured.Unstructured
}

// readObjects reads every document of the files and folders.
func (o *buildPreview) readObjects() (*objects, error) {
	out := &objects{files: o.Filenames}
	documents, err := o.readDocuments(o.Filenames...)
	if err != nil {
		return nil, err
	}
	for _, document := range documents {
		if err := out.add(document, o.Namespace); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// add decodes a document by its kind.
func (o *objects) add(document *manifest.Document, namespace string) error {
	switch {
	case document.Is(v1.Group, v1.ResourceSetKind):
		set := &v1.ResourceSet{}
		if err := decodeTaken(document, set); err != nil {
			return err
		}
		set.Namespace = or(set.Namespace, namespace)
		o.sets = append(o.sets, set)
	case document.Is(v1.Group, v1.ResourceSetInputProviderKind):
		provider := v1.ResourceSetInputProvider{}
		if err := document.Decode(&provider); err != nil {
			return err
		}
		provider.Namespace = or(provider.Namespace, namespace)
		o.providers = append(o.providers, provider)
	case document.Object.GroupVersionKind().Group == v1.Group:
		return document.Expect(v1.ResourceSetKind, v1.ResourceSetInputProviderKind)
	default:
		document.Object.SetNamespace(or(document.Object.GetNamespace(), namespace))
		o.known = append(o.known, document.Object)
	}
	if document.Is("", "Secret") {
		return o.addSecret(document)
	}
	return nil
}

func (o *objects) addSecret(document *manifest.Document) error {
	secret := corev1.Secret{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(document.Object.Object, &secret); err != nil {
		// The cause would show the value.
		return &manifest.Error{Position: document.Position(document.Root), Message: "the Secret cannot be read: data must be base64, stringData text"}
	}
	data := maps.Clone(secret.Data)
	if data == nil {
		data = map[string][]byte{}
	}
	for key, value := range secret.StringData {
		data[key] = []byte(value)
	}
	secret.Data = data
	o.secrets = append(o.secrets, secret)
	return nil
}

// set returns the one ResourceSet among the files.
func (o *objects) set() (*v1.ResourceSet, error) {
	switch len(o.sets) {
	case 1:
		return o.sets[0], nil
	case 0:
		return nil, fmt.Errorf("there is no ResourceSet in %s: give its file with -f", listed(o.files))
	default:
		var names []string
		for _, set := range o.sets {
			names = append(names, set.Namespace+"/"+set.Name)
		}
		return nil, fmt.Errorf("there are %d ResourceSets in %s: %s; give one of them", len(names), listed(o.files), listed(names))
	}
}

// providersOf returns the providers that the set refers to. One that it names
// must be there.
func (o *objects) providersOf(set *v1.ResourceSet) ([]v1.ResourceSetInputProvider, error) {
	providers, err := plan.ProvidersOf(set, o.providers)
	if err != nil {
		return nil, err
	}
	for _, missing := range providers.Missing {
		switch {
		case missing.IsNamed():
			return nil, fmt.Errorf("the ResourceSet %s/%s takes its inputs from the provider %q, which is not in %s%s",
				set.Namespace, set.Name, missing.Name, listed(o.files), suggest.Hint(missing.Name, o.names()))
		case len(providers.Found) == 0: // what a selector finds is up to the cluster
			return nil, fmt.Errorf("the ResourceSet %s/%s selects providers by their labels, and none in %s matches", set.Namespace, set.Name, listed(o.files))
		}
	}
	return providers.Found, nil
}

// names lists the names of the providers.
func (o *objects) names() []string {
	var out []string
	for _, provider := range o.providers {
		out = append(out, provider.Name)
	}
	return out
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
