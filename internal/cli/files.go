package cli

import (
	"errors"
	"fmt"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/schema"
)

// decodeStrict reads YAML. A field that does not exist is an error, as it is a
// typing error more often than not.
func decodeStrict(name string, text []byte, into any) error {
	if err := manifest.Bound(name, text); err != nil {
		return err
	}
	raw, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	unknown, err := kjson.UnmarshalStrict(raw, into)
	if err = errors.Join(append(unknown, err)...); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// providers reads the static providers that the set refers to. Each exports
// what the operator would have it export.
func (o *buildResourceSet) providers(kinds *schema.Kinds, set *v1.ResourceSet) ([]v1.ResourceSetInputProvider, error) {
	if o.InputsFromProvider == "" {
		return nil, nil
	}
	documents, err := o.readDocuments(o.InputsFromProvider)
	if err != nil {
		return nil, err
	}
	var out []v1.ResourceSetInputProvider
	for _, document := range documents {
		provider, err := o.provider(kinds, document, set)
		if err != nil {
			return nil, err
		}
		if provider != nil {
			out = append(out, *provider)
		}
	}
	return out, nil
}

// provider reads one provider, nil when the set does not refer to it.
func (o *buildResourceSet) provider(kinds *schema.Kinds, document *manifest.Document, set *v1.ResourceSet) (*v1.ResourceSetInputProvider, error) {
	provider := &v1.ResourceSetInputProvider{}
	if err := decodeOurs(kinds, document, v1.ResourceSetInputProviderKind, provider); err != nil {
		return nil, err
	}
	if provider.Namespace == "" {
		provider.Namespace = set.Namespace
	}
	if !set.RefersTo(provider) {
		return nil, nil
	}
	if provider.Spec.Type != v1.InputProviderStatic {
		return nil, fmt.Errorf("%s: provider %q is of type %s; only %s can be used without a forge: give its inputs with --inputs-from",
			o.InputsFromProvider, provider.Name, provider.Spec.Type, v1.InputProviderStatic)
	}
	return provider, exported(provider, admit.Static(provider.Name))
}
