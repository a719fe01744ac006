package input

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
)

// PermutationKind stands for Provider.Kind of a permutation, whose Name says
// which inputs it combines: api=12/web=7 is 12 of api with 7 of web.
const PermutationKind = "Permutation"

// maxPermutations is the most that one ResourceSet may have.
const maxPermutations = 10000

// Permute combines each input of a source with each of the others. The last
// source varies fastest:
//
//	api   web        inputs.api   inputs.web   name           inputs.id
//	12    7     ──>  12           7            api=12/web=7   a hash of the name
//	13    8          12           8            api=12/web=8
//	                 13           7            api=13/web=7
//	                 13           8            api=13/web=8
//
// A permutation is named by the ids of its inputs, so it stays what it is when
// others come and go. Of an input without id the position stands in its name: an
// edit then leaves the name as it is, and the removal of an earlier one does not.
//
// Sources without inputs are left out, unless the set includes them: the product
// is empty then. Beside the sources' values, which all permutations share and
// none may change, a permutation has its id, and the set as its provider.
type Permute struct{ Memory *Memory }

// NeedsAll implements Strategy: a permutation has an input of each.
func (Permute) NeedsAll() bool { return true }

// Combine implements Strategy.
func (p Permute) Combine(set *v1.ResourceSet, providers []v1.ResourceSetInputProvider, given map[string]string) (Combined, error) {
	if asksForNone(set, providers) {
		return Combined{Sets: []Set{None()}}, nil
	}
	groups, err := grouped(set, providers, p.Memory)
	if err != nil {
		return Combined{}, err
	}
	factors, err := factorsOf(groups)
	if err != nil {
		return Combined{}, err
	}
	if !includesEmpty(set) {
		factors = slices.DeleteFunc(factors, factor.isEmpty)
	}
	total, err := count(factors)
	if err != nil {
		return Combined{}, err
	}
	sets := make([]Set, total)
	for n := range sets {
		sets[n] = permutation(providerOf(set), factors, n)
	}
	return Combined{Sets: sets, Collisions: number(sets, given)}, nil
}

// Given reads from the keys of permutations, as a status holds them, which id
// each name was given. Other keys do no harm.
func Given(keys []string) map[string]string {
	given := make(map[string]string, len(keys))
	for _, key := range keys {
		if at := strings.LastIndexByte(key, '/'); at >= 0 {
			given[key[:at]] = key[at+1:]
		}
	}
	return given
}

// factor is a source in a product.
type factor struct {
	group
	// key of its values in a permutation: its name, normalised.
	key string
	// labels name its sets: api=12.
	labels []string
}

// factorsOf prepares the sources. Two that a template could not tell apart, or
// not name, are an error, whether or not they have inputs today. A ResourceSet
// without inputs of its own is no source that a template would name.
func factorsOf(groups []group) ([]factor, error) {
	var factors []factor
	holders := map[string]Provider{}
	for _, g := range groups {
		f := factor{group: g, key: normalise(g.from.Name), labels: labels(g)}
		if g.from.Kind == v1.ResourceSetKind && len(g.sets) == 0 {
			factors = append(factors, f)
			continue
		}
		other, taken := holders[f.key]
		switch {
		case f.key == "":
			return nil, fmt.Errorf("%s has no letter from a to z and no digit in its name, by which templates could refer to its inputs: rename it", g.from)
		case f.key == idKey:
			return nil, fmt.Errorf("%s would take the place of inputs.%s, the id of each permutation: rename it", g.from, idKey)
		case taken:
			return nil, fmt.Errorf("%s and %s would both be inputs.%s: rename one of them", other, g.from, f.key)
		}
		holders[f.key] = g.from
		factors = append(factors, f)
	}
	return factors, nil
}

// labels names each input of a source: api=12, or api=#1 where it has no id. A
// second one with the same id is api=12#2.
func labels(g group) []string {
	seen := map[string]int{}
	out := make([]string, len(g.sets))
	for n, set := range g.sets {
		label := url.QueryEscape(set.ID()) // so that an id holds none of = / #
		if label == "" {
			label = fmt.Sprintf("#%d", n+1)
		}
		if seen[label]++; seen[label] > 1 {
			label += fmt.Sprintf("#%d", seen[label])
		}
		out[n] = g.from.Name + "=" + label
	}
	return out
}

func includesEmpty(set *v1.ResourceSet) bool {
	include := set.Spec.InputStrategy.IncludeEmptyProviders
	return include != nil && *include
}

func (f factor) isEmpty() bool { return len(f.sets) == 0 }

// count returns how many permutations there are, before one is made.
func count(factors []factor) (int, error) {
	if len(factors) == 0 || slices.ContainsFunc(factors, factor.isEmpty) {
		return 0, nil
	}
	total := 1
	for _, f := range factors {
		if total *= len(f.sets); total > maxPermutations {
			return 0, tooMany(factors)
		}
	}
	return total, nil
}

func tooMany(factors []factor) error {
	parts := make([]string, len(factors))
	for n, f := range factors {
		parts[n] = fmt.Sprintf("%d of %s", len(f.sets), f.from)
	}
	return fmt.Errorf("the inputs make more than %d permutations (%s): narrow spec.filter of a provider, or make several ResourceSets of this one",
		maxPermutations, strings.Join(parts, ", "))
}

// permutation returns the nth, without its id.
func permutation(own Provider, factors []factor, n int) Set {
	values := make(map[string]any, len(factors)+2)
	values[ProviderKey] = own.values() // unless a source is called so
	picked := make([]string, len(factors))
	rest := n
	for i, f := range slices.Backward(factors) {
		at := rest % len(f.sets)
		rest /= len(f.sets)
		values[f.key] = f.sets[at].Values
		picked[i] = f.labels[at]
	}
	from := Provider{APIVersion: own.APIVersion, Kind: PermutationKind, Name: strings.Join(picked, "/"), Namespace: own.Namespace}
	return Set{Provider: from, Index: n, Values: values}
}

// number gives each permutation its id.
func number(sets []Set, given map[string]string) []identity.Collision {
	names := make([]string, len(sets))
	for n, set := range sets {
		names[n] = set.Provider.Name
	}
	ids, collisions := identity.Assign(names, given, identity.Spread)
	for _, set := range sets {
		set.Values[idKey] = ids[set.Provider.Name]
	}
	return collisions
}
