package export

import (
	"encoding/json"
	"fmt"
	"slices"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/source"
)

const (
	// maxExported is the most that exported inputs may take as JSON.
	maxExported = 1 << 20
	// maxObject is the most that a provider may take. etcd accepts requests of
	// 1.5 MiB, and conditions and the records of who wrote what need some.
	maxObject = 1536<<10 - 96<<10
)

// candidate is an input that is to be exported.
type candidate struct {
	key   string
	input v1.ResourceSetInput
	// last is what was exported of it before; nil for a newcomer.
	last v1.ResourceSetInput
}

// room is how many bytes the inputs of a provider may take, beside what else it
// consists of.
func room(provider *v1.ResourceSetInputProvider) int {
	rest := *provider
	rest.Status.ExportedInputs, rest.Status.Held, rest.Status.HeldCounts = nil, nil, nil // they get what inputs leave
	return min(maxExported, maxObject-sizeOf(rest))
}

// oldestFirst is the order in which newcomers of a provider get room, as positions
// in its list: of requests, the newest come first in that.
func oldestFirst(provider *v1.ResourceSetInputProvider, count int) []int {
	order := make([]int, count)
	for n := range order {
		order[n] = n
	}
	kind, _ := source.TypeOf(provider.Spec.Type) // refused when it is opened, where it is not known
	if kind.Watches == source.Request {
		slices.Reverse(order)
	}
	return order
}

// fit returns the inputs that fit into a number of bytes, in their order, and
// what does not. What was exported before comes first, as with spec.filter.limit:
//
//	exported before, and fits as it is now    as it is now
//	exported before, and has grown too large  as it was exported
//	new, and fits beside all those            as it is
//	new, and does not                         left out
//
// Of newcomers the last in an order are left out.
func fit(all []candidate, room int, order []int) ([]v1.ResourceSetInput, []Omission) {
	chosen := make([]v1.ResourceSetInput, len(all))
	growth := make([]int, len(all))
	for n, one := range all {
		growth[n] = sizeOf(one.input) + 1 // and a comma
		if one.last != nil {
			was := sizeOf(one.last) + 1
			chosen[n] = one.last
			growth[n] -= was
			room -= was
		}
	}
	var omitted []Omission
	take := func(n int, may bool) {
		switch {
		case !may:
		case growth[n] <= 0 || growth[n] <= room:
			chosen[n] = all[n].input
			room -= growth[n]
		default:
			omitted = append(omitted, Omission{key: all[n].key, reason: admit.NoRoom, kept: all[n].last != nil, why: fmt.Errorf("it takes %d KiB, and all inputs together take at most %d KiB of an object: "+
				"narrow spec.filter, shorten spec.defaultValues, or split the provider: two that share the requests by spec.filter.labels, each with a ResourceSet that names it in inputsFrom", sizeOf(all[n].input)>>10, maxExported>>10)})
		}
	}
	for n := range all {
		take(n, growth[n] <= 0)
	}
	for n := range all {
		take(n, growth[n] > 0 && all[n].last != nil)
	}
	for _, n := range order {
		take(n, growth[n] > 0 && all[n].last == nil)
	}
	return slices.DeleteFunc(chosen, func(in v1.ResourceSetInput) bool { return in == nil }), omitted
}

func sizeOf(value any) int {
	text, _ := json.Marshal(value) // it is made of valid JSON
	return len(text)
}
