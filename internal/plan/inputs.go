package plan

import (
	"fmt"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/preview"
)

// Inputs are the input sets of a ResourceSet.
type Inputs struct {
	Sets []input.Set
	// Silent names the providers that have never reported: what they would ask
	// for is not known, so that nothing may be deleted.
	Silent []string
	// Collisions are inputs whose id had to be told from another's.
	Collisions []identity.Collision
}

// Invalid is what only a change of the ResourceSet, or of which providers there
// are, can mend.
type Invalid struct{ Err error }

// Error is that of the cause.
func (e *Invalid) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Invalid) Unwrap() error { return e.Err }

// Unheard is why there are no inputs yet: the set combines those of all its
// providers, and some have never reported.
type Unheard struct{ Silent []string }

// Error names them.
func (e *Unheard) Error() string { return WaitsFor(e.Silent) }

// WaitsFor says that some providers are waited for.
func WaitsFor(silent []string) string {
	return fmt.Sprintf("waiting for the first report of ResourceSetInputProvider %s: nothing is deleted until then",
		strings.Join(silent, ", "))
}

// InputsOf combines what is written down in a set with what its providers export.
// Those that the set may refer to are given, all of them. The error is an
// *Unheard, an *Invalid, or about an input, which may be mended where that comes
// from.
func InputsOf(set *v1.ResourceSet, all []v1.ResourceSetInputProvider) (Inputs, error) {
	return (*Memory)(nil).InputsOf(set, all)
}

// InputsOf is InputsOf with what is remembered of the inputs of the set.
func (m *Memory) InputsOf(set *v1.ResourceSet, all []v1.ResourceSetInputProvider) (Inputs, error) {
	providers, err := ProvidersOf(set, all)
	if err != nil {
		return Inputs{}, err
	}
	for _, missing := range providers.Missing {
		if missing.IsNamed() {
			return Inputs{}, &Invalid{fmt.Errorf("%s: there is no ResourceSetInputProvider %s/%s: create it, or correct the name",
				missing.Field(), set.Namespace, missing.Name)}
		}
	}
	strategy, err := input.StrategyOf(set, m.inputs())
	if err != nil {
		return Inputs{}, &Invalid{err}
	}
	silent := silentOf(providers.Found)
	if len(silent) > 0 && strategy.NeedsAll() {
		return Inputs{}, &Unheard{silent}
	}
	out, err := combine(strategy, set, providers.Found)
	out.Silent = silent
	return out, err
}

// Combine is InputsOf where it is known which providers the set refers to, and
// that they have reported.
func Combine(set *v1.ResourceSet, providers []v1.ResourceSetInputProvider) (Inputs, error) {
	strategy, err := input.StrategyOf(set, nil)
	if err != nil {
		return Inputs{}, &Invalid{err}
	}
	return combine(strategy, set, providers)
}

func combine(strategy input.Strategy, set *v1.ResourceSet, providers []v1.ResourceSetInputProvider) (Inputs, error) {
	var given map[string]string
	if strategy.NeedsAll() { // others make up no ids
		given = input.Given(knownKeys(set))
	}
	combined, err := strategy.Combine(set, providers, given)
	if err != nil && len(set.Spec.InputsFrom) == 0 {
		err = &Invalid{err}
	}
	return Inputs{Sets: combined.Sets, Collisions: combined.Collisions}, err
}

// silentOf names the providers that have never reported.
func silentOf(providers []v1.ResourceSetInputProvider) []string {
	var silent []string
	for _, provider := range providers {
		if !provider.HasReported() {
			silent = append(silent, provider.Name)
		}
	}
	return silent
}

// knownKeys lists the keys of the input sets that a set has had previews of.
func knownKeys(set *v1.ResourceSet) []string {
	var keys []string
	for _, line := range set.Status.Previews {
		keys = append(keys, preview.KeyOf(line).String())
	}
	if set.Status.Inventory != nil {
		for _, entry := range set.Status.Inventory.Entries {
			keys = append(keys, entry.Input)
		}
	}
	return keys
}
