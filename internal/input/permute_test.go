package input_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/quick"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/preview"
)

const permute = `inputStrategy: {name: Permute}`

// exporting is a provider that exports an input for each id.
func exporting(t *testing.T, name string, ids ...string) v1.ResourceSetInputProvider {
	t.Helper()
	var out []string
	for _, id := range ids {
		out = append(out, fmt.Sprintf(`{id: %q, sha: %q}`, id, "c0ffee"+id))
	}
	return provider(t, name, "["+strings.Join(out, ", ")+"]")
}

// combinations lists what the permutations combine.
func combinations(sets []input.Set) string {
	var out []string
	for _, set := range sets {
		out = append(out, set.Provider.Name)
	}
	return strings.Join(out, " ")
}

func TestEachInputIsCombinedWithEachOfTheOtherSources(t *testing.T) {
	providers := func(t *testing.T) []v1.ResourceSetInputProvider {
		return []v1.ResourceSetInputProvider{exporting(t, "web", "7", "8"), exporting(t, "none"), exporting(t, "api", "12", "13")}
	}
	for _, c := range []struct{ name, spec, want string }{
		{
			"the last source varies fastest, and sources without inputs are left out",
			`{inputStrategy: {name: Permute}}`,
			"api=12/web=7 api=12/web=8 api=13/web=7 api=13/web=8",
		},
		{
			"the inputs of the set itself come first",
			`{inputStrategy: {name: Permute}, inputs: [{id: eu}, {region: us}]}`,
			"previews=eu/api=12/web=7 previews=eu/api=12/web=8 previews=eu/api=13/web=7 previews=eu/api=13/web=8 " +
				"previews=#2/api=12/web=7 previews=#2/api=12/web=8 previews=#2/api=13/web=7 previews=#2/api=13/web=8",
		},
		{
			"a source without inputs empties the product of a set that includes it",
			`{inputStrategy: {name: Permute, includeEmptyProviders: true}, inputs: [{id: eu}]}`,
			"",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			combined, err := combine(resourceSet(t, c.spec), providers(t), nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := combinations(combined.Sets); got != c.want {
				t.Errorf("the permutations are\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestASetWithoutInputsOfItsOwnIsAnEmptySource(t *testing.T) {
	set := resourceSet(t, `{inputStrategy: {name: Permute, includeEmptyProviders: true}}`)
	combined, err := combine(set, []v1.ResourceSetInputProvider{exporting(t, "api", "12")}, nil)
	if err != nil || len(combined.Sets) != 0 {
		t.Errorf("the permutations are %v, %v", combined.Sets, err)
	}
}

func TestASetThatAsksForNoInputsIsRenderedOnceWhateverItsStrategy(t *testing.T) {
	combined, err := combine(resourceSet(t, permute), nil, nil)
	if err != nil || len(combined.Sets) != 1 || !combined.Sets[0].IsNone() {
		t.Errorf("the sets are %v, %v", combined.Sets, err)
	}
	combined, err = combine(resourceSet(t, permute), []v1.ResourceSetInputProvider{exporting(t, "api")}, nil)
	if err != nil || len(combined.Sets) != 0 {
		t.Errorf("with a provider that found nothing the sets are %v, %v", combined.Sets, err)
	}
}

func TestAPermutationHoldsItsInputsUnderTheNamesOfTheirSources(t *testing.T) {
	combined, err := combine(resourceSet(t, permute),
		[]v1.ResourceSetInputProvider{exporting(t, "api-prs.v2", "12"), exporting(t, "web", "7")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	from := func(kind, name string) map[string]any {
		return map[string]any{"apiVersion": "fluxcd.controlplane.io/v1", "kind": kind, "name": name, "namespace": "app-dev"}
	}
	id := identity.Spread("api-prs.v2=12/web=7")
	want := map[string]any{
		"id":         id,
		"provider":   from("ResourceSet", "previews"),
		"api_prs_v2": map[string]any{"id": "12", "sha": "c0ffee12", "provider": from("ResourceSetInputProvider", "api-prs.v2")},
		"web":        map[string]any{"id": "7", "sha": "c0ffee7", "provider": from("ResourceSetInputProvider", "web")},
	}
	got := combined.Sets[0]
	if !reflect.DeepEqual(got.Values, want) {
		t.Errorf("the values are %v\nwant %v", got.Values, want)
	}
	if want := "api-prs.v2=12/web=7/" + id; got.Key() != want {
		t.Errorf("the key is %s, want %s", got.Key(), want)
	}
	if want := fmt.Sprintf(`permutation %q of api-prs.v2=12/web=7`, id); got.String() != want {
		t.Errorf("it is called %s, want %s", got, want)
	}
}

func TestTheKeyOfAPermutationTellsWhichInputsItCombines(t *testing.T) {
	ids := []string{"12", "eu west", "a/b=c#d", "100%", "#3"}
	combined, err := combine(resourceSet(t, permute), []v1.ResourceSetInputProvider{exporting(t, "api", ids...), exporting(t, "web", "7")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n, set := range combined.Sets {
		want := []preview.Key{{Provider: "api", ID: ids[n]}, {Provider: "web", ID: "7"}}
		if got := preview.ParseKey(set.Key()).Parts(); !slices.Equal(got, want) {
			t.Errorf("the parts of %s are %q", set.Key(), got)
		}
	}
}

func TestASourceCalledProviderIsNotHidden(t *testing.T) {
	combined, err := combine(resourceSet(t, permute), []v1.ResourceSetInputProvider{exporting(t, "provider", "12")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := combined.Sets[0].Values["provider"].(map[string]any)["id"]; got != "12" {
		t.Errorf("inputs.provider.id is %v", got)
	}
}

func TestWhatCannotBeCombinedIsNamed(t *testing.T) {
	many := make([]string, 200)
	for n := range many {
		many[n] = fmt.Sprint(n)
	}
	for _, c := range []struct {
		name      string
		spec      string
		providers []v1.ResourceSetInputProvider
		want      string
	}{
		{
			"two providers that a template could not tell apart",
			permute, []v1.ResourceSetInputProvider{exporting(t, "api-prs", "1"), exporting(t, "api.prs")},
			"ResourceSetInputProvider/app-dev/api-prs and ResourceSetInputProvider/app-dev/api.prs would both be inputs.api_prs: rename one of them",
		},
		{
			"a provider that is called as the set is",
			`{inputStrategy: {name: Permute}, inputs: [{id: eu}]}`, []v1.ResourceSetInputProvider{exporting(t, "previews", "1")},
			"ResourceSet/app-dev/previews and ResourceSetInputProvider/app-dev/previews would both be inputs.previews: rename one of them",
		},
		{
			"a provider whose name is nothing to a template",
			permute, []v1.ResourceSetInputProvider{exporting(t, "Ωμέγα -", "1")},
			"ResourceSetInputProvider/app-dev/Ωμέγα - has no letter from a to z and no digit in its name",
		},
		{
			"a provider that would hide the id",
			permute, []v1.ResourceSetInputProvider{exporting(t, "id", "1")},
			"ResourceSetInputProvider/app-dev/id would take the place of inputs.id",
		},
		{
			"more permutations than one set may have",
			permute, []v1.ResourceSetInputProvider{exporting(t, "api", many...), exporting(t, "web", many[:51]...)},
			"the inputs make more than 10000 permutations (200 of ResourceSetInputProvider/app-dev/api, 51 of ResourceSetInputProvider/app-dev/web)",
		},
		{
			"a strategy that does not exist",
			`{inputStrategy: {name: Zip}}`, nil,
			`spec.inputStrategy.name is "Zip", and must be Flatten or Permute`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := combine(resourceSet(t, c.spec), c.providers, nil)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestASetMayBeCalledAsAProviderWhereItHasNoInputs(t *testing.T) {
	combined, err := combine(resourceSet(t, permute), []v1.ResourceSetInputProvider{exporting(t, "previews", "1")}, nil)
	if err != nil || combinations(combined.Sets) != "previews=1" {
		t.Errorf("the permutations are %s, %v", combinations(combined.Sets), err)
	}
}

func TestTooManyAreRefusedBeforeTheyAreMade(t *testing.T) {
	hundred := make([]string, 100)
	for n := range hundred {
		hundred[n] = fmt.Sprint(n)
	}
	var providers []v1.ResourceSetInputProvider
	for n := range 12 { // 100^12 is more than an int64 holds
		providers = append(providers, exporting(t, fmt.Sprintf("p%d", n), hundred...))
	}
	if _, err := combine(resourceSet(t, permute), providers, nil); err == nil {
		t.Error("there is no error")
	}
	combined, err := combine(resourceSet(t, permute), providers[:2], nil)
	if err != nil || len(combined.Sets) != 10000 {
		t.Errorf("10,000 are fine: %d, %v", len(combined.Sets), err)
	}
}

func TestAnIDIsOneWordOfAName(t *testing.T) {
	combined, err := combine(resourceSet(t, permute), []v1.ResourceSetInputProvider{
		exporting(t, "api", "1/web=2", "1", "#1", "1"), exporting(t, "web", "2"),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := combinations(combined.Sets), "api=1%2Fweb%3D2/web=2 api=1/web=2 api=%231/web=2 api=1#2/web=2"; got != want {
		t.Errorf("the permutations are\n%s\nwant\n%s", got, want)
	}
}

// Two combinations that have the same number.
const one, other = "api=46/web=7", "api=77/web=71"

func TestAPermutationKeepsTheIDThatItHad(t *testing.T) {
	set, web := resourceSet(t, permute), exporting(t, "web", "7", "71")
	alone, err := combine(set, []v1.ResourceSetInputProvider{exporting(t, "api", "77"), web}, nil)
	if err != nil || len(alone.Collisions) != 0 {
		t.Fatal(alone.Collisions, err)
	}
	api := exporting(t, "api", "46", "77")
	together, err := combine(set, []v1.ResourceSetInputProvider{api, web}, input.Given(keysOf(alone)))
	if err != nil {
		t.Fatal(err)
	}
	if len(together.Collisions) != 1 || together.Collisions[0].Name != one || together.Collisions[0].With != other {
		t.Errorf("the collisions are %v", together.Collisions)
	}
	again, err := combine(set, []v1.ResourceSetInputProvider{api, web}, input.Given(keysOf(together)))
	if err != nil || len(again.Collisions) != 0 || !slices.Equal(keysOf(again), keysOf(together)) {
		t.Errorf("the next time they are %v, %v, %v", keysOf(again), again.Collisions, err)
	}
	fresh, err := combine(set, []v1.ResourceSetInputProvider{api, web}, nil)
	if err != nil || len(fresh.Collisions) != 1 || fresh.Collisions[0].Name != other {
		t.Errorf("where nothing is known the smaller has the number: %v, %v", fresh.Collisions, err)
	}
}

func keysOf(combined input.Combined) []string {
	var out []string
	for _, set := range combined.Sets {
		out = append(out, set.Key())
	}
	return out
}

// TestWhoeverComesAndGoesAPermutationKeepsItsID lets inputs of two sources come,
// go and change places; the keys are all that is remembered.
func TestWhoeverComesAndGoesAPermutationKeepsItsID(t *testing.T) {
	set := resourceSet(t, permute)
	stays := func(runs [4][2][]uint8) bool {
		before := map[string]string{}
		for _, run := range runs {
			combined, err := combine(set, []v1.ResourceSetInputProvider{
				exporting(t, "api", numbers(run[0])...), exporting(t, "web", numbers(run[1])...),
			}, before)
			if err != nil {
				t.Error(err)
				return false
			}
			now := input.Given(keysOf(combined))
			if ids := slices.Compact(slices.Sorted(maps.Values(now))); len(ids) != len(combined.Sets) {
				t.Errorf("%d permutations have %d ids", len(combined.Sets), len(ids))
				return false
			}
			for name, id := range now {
				if was, lived := before[name]; lived && was != id {
					t.Errorf("%s went from %s to %s", name, was, id)
					return false
				}
			}
			before = now
		}
		return true
	}
	if err := quick.Check(stays, &quick.Config{MaxCount: 20}); err != nil {
		t.Error(err)
	}
}

func numbers(of []uint8) []string {
	out := make([]string, len(of))
	for n, number := range of {
		out[n] = fmt.Sprint(number)
	}
	return out
}

// combine lists the input sets of a ResourceSet as its strategy does.
func combine(set *v1.ResourceSet, providers []v1.ResourceSetInputProvider, given map[string]string) (input.Combined, error) {
	strategy, err := input.StrategyOf(set, nil)
	if err != nil {
		return input.Combined{}, err
	}
	return strategy.Combine(set, providers, given)
}
