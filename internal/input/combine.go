package input

import (
	"fmt"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
)

// Strategy makes the input sets of a ResourceSet out of what its sources have.
type Strategy interface {
	// Combine lists the input sets. Given says which ids those that it makes up
	// have, see Given; without it a new one may take the id of one that lives.
	Combine(set *v1.ResourceSet, providers []v1.ResourceSetInputProvider, given map[string]string) (Combined, error)
	// NeedsAll reports whether no input of a provider means anything without
	// those of the others.
	NeedsAll() bool
}

// Combined is what the sources of a ResourceSet come to.
type Combined struct {
	Sets []Set
	// Collisions are permutations whose id had to be told from another's.
	Collisions []identity.Collision
}

// StrategyOf returns the strategy that spec.inputStrategy names; Flatten where it
// names none. What was decoded before, a memory knows; nil for none.
func StrategyOf(set *v1.ResourceSet, memory *Memory) (Strategy, error) {
	strategy := set.Spec.InputStrategy
	switch {
	case strategy == nil || strategy.Name == v1.InputStrategyFlatten:
		return Flatten{Memory: memory}, nil
	case set.IsPermuted():
		return Permute{Memory: memory}, nil
	default:
		return nil, fmt.Errorf("spec.inputStrategy.name is %q, and must be %s or %s",
			strategy.Name, v1.InputStrategyFlatten, v1.InputStrategyPermute)
	}
}
