package input

import (
	"fmt"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
)

// Combined is what the sources of a ResourceSet come to.
type Combined struct {
	Sets []Set
	// Collisions are permutations whose id had to be told from another's.
	Collisions []identity.Collision
}

// Combine lists the input sets of a ResourceSet, combined as its
// spec.inputStrategy says. Given says which ids its permutations have, see
// Given; without it a new one may take the id of one that lives.
func Combine(set *v1.ResourceSet, providers []v1.ResourceSetInputProvider, given map[string]string) (Combined, error) {
	strategy := set.Spec.InputStrategy
	switch {
	case Permutes(set):
		return Permute(set, providers, given)
	case strategy == nil || strategy.Name == v1.InputStrategyFlatten:
		sets, err := Flatten(set, providers)
		return Combined{Sets: sets}, err
	default:
		return Combined{}, fmt.Errorf("spec.inputStrategy.name is %q, and must be %s or %s",
			strategy.Name, v1.InputStrategyFlatten, v1.InputStrategyPermute)
	}
}

// Permutes reports whether a set combines its inputs: then no input of a
// provider means anything without those of the others.
func Permutes(set *v1.ResourceSet) bool {
	strategy := set.Spec.InputStrategy
	return strategy != nil && strategy.Name == v1.InputStrategyPermute
}
