package report

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// patched is what the API server makes of before by the operations that lead to after.
func patched(t *testing.T, before, after Object) (into Object, operations []operation) {
	t.Helper()
	operations, told := changes(before, after)
	if !told {
		t.Fatal("it is not known how to tell the changes")
	}
	body, err := json.Marshal(operations)
	if err != nil {
		t.Fatal(err)
	}
	if len(operations) == 0 {
		body = []byte("[]")
	}
	patch, err := jsonpatch.DecodePatch(body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = patch.Apply(text); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	into = reflect.New(reflect.TypeOf(before).Elem()).Interface().(Object)
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
	return into, operations
}

func same(t *testing.T, a, b Object) bool {
	t.Helper()
	x, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(x) == string(y)
}

// setOf has a preview for each id, with the commit.
func setOf(commits ...string) *v1.ResourceSet {
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "previews"}}
	set.Status.LastAppliedRevision = fmt.Sprint(commits)
	set.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "True", Reason: "R"}}
	for _, one := range commits {
		set.Status.Previews = append(set.Status.Previews, v1.PreviewStatus{ID: one[:1], Provider: "prs", SHA: one})
		if set.Status.Inventory == nil {
			set.Status.Inventory = &v1.ResourceInventory{}
		}
		set.Status.Inventory.Entries = append(set.Status.Inventory.Entries, v1.ResourceRef{ID: one[:1]})
	}
	return set
}

func TestOnlyWhatChangedOfAStatusIsWritten(t *testing.T) {
	for name, c := range map[string]struct {
		before, after *v1.ResourceSet
		operations    int
	}{
		"nothing":                        {setOf("a1", "b1"), setOf("a1", "b1"), 0},
		"a line, and what is told of it": {setOf("a1", "b1", "c1"), setOf("a1", "b2", "c1"), 2},
		"one that is gone":               {setOf("a1", "b1", "c1"), setOf("a1", "c1"), 3},
		"one that is new, in the midst":  {setOf("a1", "c1"), setOf("a1", "b1", "c1"), 3},
		"one gone, one new, one changed": {setOf("a1", "b1", "d1"), setOf("a2", "c1", "d1"), 6},
		"all are gone":                   {setOf("a1", "b1"), setOf(), 3},
		"the first ones":                 {setOf(), setOf("a1", "b1"), 3},
		"another order, as a whole":      {setOf("a1", "b1", "c1"), setOf("c1", "a1", "b1"), 3},
	} {
		t.Run(name, func(t *testing.T) {
			got, operations := patched(t, c.before, c.after)
			if !same(t, got, c.after) {
				t.Errorf("it leads to %+v", got)
			}
			if len(operations) != c.operations {
				t.Errorf("it takes %d operations: %v", len(operations), operations)
			}
		})
	}
}

func TestWhateverChangesTheOperationsLeadThere(t *testing.T) {
	letters := []string{"a", "b", "c", "d", "e", "f", "g"}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same each time
	some := func() []string {
		var out []string
		for _, letter := range letters {
			if random.IntN(3) > 0 {
				out = append(out, fmt.Sprint(letter, random.IntN(2)))
			}
		}
		if random.IntN(4) == 0 {
			slices.Reverse(out)
		}
		return out
	}
	for range 2000 {
		before, after := setOf(some()...), setOf(some()...)
		if got, operations := patched(t, before, after); !same(t, got, after) {
			t.Fatalf("from %v to %v by %v", before.Status.Previews, after.Status.Previews, operations)
		}
	}
}

func TestAnInputThatChangedIsWrittenAlone(t *testing.T) {
	of := func(commits ...string) *v1.ResourceSetInputProvider {
		provider := &v1.ResourceSetInputProvider{}
		provider.Status.LastExportedRevision = fmt.Sprint(commits)
		for n, one := range commits {
			provider.Status.ExportedInputs = append(provider.Status.ExportedInputs, v1.ResourceSetInput{
				"id": {Raw: fmt.Appendf(nil, "%q", fmt.Sprint(n))}, "sha": &apiextensionsv1.JSON{Raw: fmt.Appendf(nil, "%q", one)},
			})
		}
		return provider
	}
	got, operations := patched(t, of("c0ffee", "beef", "cafe"), of("c0ffee", "f00d", "cafe"))
	if !same(t, got, of("c0ffee", "f00d", "cafe")) || len(operations) != 2 {
		t.Errorf("%v leads to %+v", operations, got.(*v1.ResourceSetInputProvider).Status)
	}
}

func TestALineOfTheSameTimeInAnotherZoneHasNotChanged(t *testing.T) {
	before, after := setOf("a1"), setOf("a1")
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	before.Status.Previews[0].LastTransitionTime = metav1.NewTime(now)
	after.Status.Previews[0].LastTransitionTime = metav1.NewTime(now.In(time.FixedZone("CET", 3600)))
	if operations, told := changes(before, after); !told || len(operations) != 0 {
		t.Errorf("it is told as %v", operations)
	}
}
