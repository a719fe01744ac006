package input

import (
	"cmp"
	"fmt"
	"slices"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Flatten lists the inputs of a ResourceSet one after the other: those written
// down in it, then those that its providers export, ordered by provider. A set
// that asks for no inputs at all is rendered once, without one. Of two with one
// key the second has an Err.
type Flatten struct{ Memory *Memory }

// NeedsAll implements Strategy: each input stands by itself.
func (Flatten) NeedsAll() bool { return false }

// Combine implements Strategy.
func (f Flatten) Combine(set *v1.ResourceSet, providers []v1.ResourceSetInputProvider, _ map[string]string) (Combined, error) {
	if asksForNone(set, providers) {
		return Combined{Sets: []Set{None()}}, nil
	}
	groups, err := grouped(set, providers, f.Memory)
	if err != nil {
		return Combined{}, err
	}
	var sets []Set
	for _, g := range groups {
		sets = append(sets, g.sets...)
	}
	return Combined{Sets: distinct(sets)}, nil
}

// asksForNone reports whether a set names nothing that inputs could come from.
func asksForNone(set *v1.ResourceSet, providers []v1.ResourceSetInputProvider) bool {
	return len(set.Spec.Inputs) == 0 && len(set.Spec.InputsFrom) == 0 && len(providers) == 0
}

// group is the input sets of one source.
type group struct {
	from Provider
	sets []Set
}

// grouped lists the sources of a set: first the set itself, which may have no
// inputs, then its providers by name.
func grouped(set *v1.ResourceSet, providers []v1.ResourceSetInputProvider, memory *Memory) ([]group, error) {
	memory.begin()
	defer memory.end()
	own := providerOf(set)
	sets, err := decodeAll(own, set.Spec.Inputs, memory)
	if err != nil {
		return nil, err
	}
	groups := []group{{own, sets}}
	for _, provider := range ordered(providers) {
		from := Provider{
			APIVersion: v1.GroupVersion.String(), Kind: v1.ResourceSetInputProviderKind,
			Name: provider.Name, Namespace: provider.Namespace,
		}
		exported, err := decodeAll(from, provider.Status.ExportedInputs, memory)
		if err != nil {
			return nil, err
		}
		groups = append(groups, group{from, exported})
	}
	return groups, nil
}

// providerOf names a set as the source of the inputs written down in it.
func providerOf(set *v1.ResourceSet) Provider {
	return Provider{APIVersion: v1.GroupVersion.String(), Kind: v1.ResourceSetKind, Name: set.Name, Namespace: set.Namespace}
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
func decodeAll(from Provider, inputs []v1.ResourceSetInput, memory *Memory) ([]Set, error) {
	memory.expect(from, len(inputs))
	sets := make([]Set, 0, len(inputs))
	for n, in := range inputs {
		if in == nil {
			return nil, fmt.Errorf("input %d of %s is null: write an object, or leave it out", n+1, from)
		}
		values, err := memory.decode(from, in)
		if err != nil {
			return nil, fmt.Errorf("input %d of %s: %w", n+1, from, err)
		}
		sets = append(sets, Set{Provider: from, Index: n, Values: values})
	}
	return sets, nil
}
