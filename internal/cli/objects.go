package cli

import (
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/lint"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/plan"
	"github.com/eddy-previews/eddy/internal/schema"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// objects are what the files of a command hold.
type objects struct {
	files     []string
	sets      []ourSet
	providers []v1.ResourceSetInputProvider
	secrets   []corev1.Secret
	// known are all others and the Secrets.
	known []*unstructured.Unstructured
	// instances say which Flux a cluster runs.
	instances []*unstructured.Unstructured
	// broken are the providers and Secrets that cannot be read, by namespace/name: that
	// is an error for who needs them.
	broken map[string]error
}

// ourSet is a ResourceSet, and where it stands.
type ourSet struct {
	*manifest.Document
	// name is namespace/name.
	name, namespace string
}

// readObjects reads every document of the files and folders.
func (o *buildPreview) readObjects() (*objects, error) {
	out := &objects{files: o.Filenames, broken: map[string]error{}}
	documents, err := o.readTrees(o.Filenames...)
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

// add sorts a document in by its kind.
func (o *objects) add(document *manifest.Document, namespace string) error {
	own := document.Object
	switch {
	case document.Is(v1.Group, v1.ResourceSetKind):
		in := or(own.GetNamespace(), namespace)
		o.sets = append(o.sets, ourSet{document, in + "/" + own.GetName(), in})
	case document.Is(v1.Group, v1.ResourceSetInputProviderKind):
		provider := v1.ResourceSetInputProvider{}
		err := decodeTaken(schema.Open(), document, &provider)
		provider.Name, provider.Namespace = own.GetName(), or(own.GetNamespace(), namespace)
		provider.Labels = own.GetLabels()
		o.providers = append(o.providers, provider)
		if err != nil {
			o.broken[nameIn(v1.ResourceSetInputProviderKind, &provider)] = err
		}
	case own.GroupVersionKind().Group == v1.Group || own.GetKind() == v1.ResourceSetKind || own.GetKind() == v1.ResourceSetInputProviderKind:
		o.instances = append(o.instances, own)
		return schema.Open().Refuse(document) // a FluxInstance has no fault
	case own.GetKind() != "":
		own.SetNamespace(or(own.GetNamespace(), namespace))
		o.known = append(o.known, own)
	}
	if document.Is("", "Secret") {
		o.addSecret(document)
	}
	return nil
}

// nameIn names an object among those that are broken.
func nameIn(kind string, object metav1.Object) string {
	return kind + " " + object.GetNamespace() + "/" + object.GetName()
}

// addSecret adds a Secret. One that cannot be read, as it is encrypted, say, is an
// error for who needs it.
func (o *objects) addSecret(document *manifest.Document) {
	secret := corev1.Secret{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(document.Object.Object, &secret); err != nil {
		// The cause would show the value.
		o.broken[nameIn("Secret", document.Object)] = &manifest.Error{
			Position: document.Position(document.Root),
			Message:  "the Secret cannot be read: data must be base64, stringData text",
		}
		return
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
}

// set returns the one ResourceSet among the files, or the one of a name.
func (o *objects) set(kinds *schema.Kinds, wanted string) (*v1.ResourceSet, *manifest.Document, error) {
	names := make([]string, 0, len(o.sets))
	for _, set := range o.sets {
		names = append(names, set.name)
	}
	at := 0
	switch {
	case len(names) == 0:
		return nil, nil, fmt.Errorf("there is no ResourceSet in %s: give its file with -f", listed(o.files))
	case wanted != "":
		var err error
		if at, err = pickNamed("--resourceset", wanted, names); err != nil {
			return nil, nil, err
		}
	case len(names) > 1:
		return nil, nil, fmt.Errorf("there are %d ResourceSets in %s: %s; name one with --resourceset", len(names), listed(o.files), listed(names))
	}
	set := &v1.ResourceSet{}
	if err := decodeTaken(kinds, o.sets[at].Document, set); err != nil {
		return nil, nil, err
	}
	set.Namespace = o.sets[at].namespace
	return set, o.sets[at].Document, nil
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
	for _, provider := range providers.Found {
		if err := o.broken[nameIn(v1.ResourceSetInputProviderKind, &provider)]; err != nil {
			return nil, err
		}
	}
	return providers.Found, nil
}

// withoutToken says what is wrong with the Secret of a provider, where no other token
// is given: it cannot be read, as where it is encrypted, or nobody has filled it in.
func (o *objects) withoutToken(provider *v1.ResourceSetInputProvider) error {
	if provider.Spec.SecretRef == nil {
		return nil
	}
	const instead = "give a token with --token-file or $EDDY_TOKEN"
	wanted := &metav1.ObjectMeta{Namespace: provider.Namespace, Name: provider.Spec.SecretRef.Name}
	if err := o.broken[nameIn("Secret", wanted)]; err != nil {
		return fmt.Errorf("%w; or %s", err, instead)
	}
	for _, secret := range o.secrets {
		if secret.Namespace != wanted.Namespace || secret.Name != wanted.Name {
			continue
		}
		for _, key := range []string{"password", "token", "bearerToken", "githubAppPrivateKey"} {
			value, there := secret.Data[key]
			switch {
			case there && strings.HasPrefix(string(value), "ENC["):
				return fmt.Errorf("spec.secretRef: the Secret %q is encrypted: %s", secret.Name, instead)
			case there && lint.IsPlaceholder(string(value)):
				return fmt.Errorf("spec.secretRef: the Secret %q has no token yet: its key %s is what the example has in its place: %s", secret.Name, key, instead)
			}
		}
	}
	return nil
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
