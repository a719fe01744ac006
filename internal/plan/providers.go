package plan

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Providers are those that the spec.inputsFrom of a ResourceSet refers to.
type Providers struct {
	// Found lists each once, in the order in which the set refers to them.
	Found []v1.ResourceSetInputProvider
	// Missing are the references that find none. One by name is an error where
	// the providers are known to be all there are; what a selector finds changes.
	Missing []Missing
}

// Missing is a reference that finds no provider.
type Missing struct {
	v1.InputProviderReference
	// Index in spec.inputsFrom, from 0.
	Index int
}

// IsNamed reports whether the reference names the provider that is missing.
func (m Missing) IsNamed() bool { return m.Selector == nil }

// Field is where the reference stands.
func (m Missing) Field() string { return fmt.Sprintf("spec.inputsFrom[%d]", m.Index) }

// ProvidersOf picks those that a set refers to out of others. The error is an
// *Invalid about a selector that is none.
func ProvidersOf(set *v1.ResourceSet, all []v1.ResourceSetInputProvider) (Providers, error) {
	var out Providers
	for n, ref := range set.Spec.InputsFrom {
		if ref.Selector != nil {
			if _, err := metav1.LabelSelectorAsSelector(ref.Selector); err != nil {
				return Providers{}, &Invalid{fmt.Errorf("spec.inputsFrom[%d].selector: %w", n, err)}
			}
		}
		found := false
		for _, provider := range all {
			if provider.Namespace != set.Namespace || !ref.RefersTo(&provider) {
				continue
			}
			found = true
			if !slices.ContainsFunc(out.Found, func(p v1.ResourceSetInputProvider) bool { return p.Name == provider.Name }) {
				out.Found = append(out.Found, provider)
			}
		}
		if !found {
			out.Missing = append(out.Missing, Missing{ref, n})
		}
	}
	return out, nil
}
