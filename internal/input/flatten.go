package input

import (
	"cmp"
	"fmt"
	"slices"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Flatten lists the inputs of a ResourceSet: those written down in it, then
// those that its providers export, ordered by provider. A set that asks for no
// inputs at all is rendered once, without one.
func Flatten(set *v1.ResourceSet, providers []v1.ResourceSetInputProvider) ([]Set, error) {
	if len(set.Spec.Inputs) == 0 && len(set.Spec.InputsFrom) == 0 && len(providers) == 0 {
		return []Set{None()}, nil
	}
	own := Provider{APIVersion: v1.GroupVersion.String(), Kind: v1.ResourceSetKind, Name: set.Name, Namespace: set.Namespace}
	sets, err := decodeAll(own, set.Spec.Inputs)
	if err != nil {
		return nil, err
	}
	for _, provider := range ordered(providers) {
		from := Provider{
			APIVersion: v1.GroupVersion.String(), Kind: v1.ResourceSetInputProviderKind,
			Name: provider.Name, Namespace: provider.Namespace,
		}
		exported, err := decodeAll(from, provider.Status.ExportedInputs)
		if err != nil {
			return nil, err
		}
		sets = append(sets, exported...)
	}
	return sets, nil
}

// ordered sorts providers by namespace and name, each once.
func ordered(providers []v1.ResourceSetInputProvider) []v1.ResourceSetInputProvider {
	sorted := slices.Clone(providers)
	byName := func(a, b v1.ResourceSetInputProvider) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	}
	slices.SortFunc(sorted, byName)
	return slices.CompactFunc(sorted, func(a, b v1.ResourceSetInputProvider) bool { return byName(a, b) == 0 })
}

// decodeAll reads the input sets of one provider. Each learns where it is from.
func decodeAll(from Provider, inputs []v1.ResourceSetInput) ([]Set, error) {
	sets := make([]Set, 0, len(inputs))
	for n, in := range inputs {
		if in == nil {
			return nil, fmt.Errorf("input %d of %s is null: write an object, or leave it out", n+1, from)
		}
		values, err := Decode(in)
		if err != nil {
			return nil, fmt.Errorf("input %d of %s: %w", n+1, from, err)
		}
		values[ProviderKey] = map[string]any{
			"apiVersion": from.APIVersion, "kind": from.Kind, "name": from.Name, "namespace": from.Namespace,
		}
		sets = append(sets, Set{Provider: from, Index: n, Values: values})
	}
	return sets, nil
}
