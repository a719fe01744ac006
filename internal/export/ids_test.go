package export

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/quick"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/internal/source"
)

func branch(name string) source.Item {
	return source.Item{Name: name, Branch: name, SHA: "c0ffee"}
}

// reexport is a run but for the forge: what is exported is all that it
// remembers of the one before. It returns the ids by name.
func reexport(t *testing.T, provider *v1.ResourceSetInputProvider, items []source.Item) (map[string]string, []identity.Collision) {
	t.Helper()
	chain, err := admit.Compile(provider, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	made, err := Write(provider, chain.Judge(items, admit.Known{Exported: Read(provider).Keys()}))
	if err != nil || len(made.Omitted) > 0 {
		t.Fatal(Tell(made.Omitted), err)
	}
	ids := map[string]string{}
	for _, in := range provider.Status.ExportedInputs {
		ids[cmp.Or(in.Text("branch"), in.Text("id"))] = in.Text("id")
	}
	return ids, made.Collisions
}

func TestABranchKeepsTheIDThatItWasExportedWith(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	one, two := branch("v1.2.0"), branch("v2.0.1") // they have the same checksum
	number := identity.Checksum(one.Name)

	ids, collisions := reexport(t, provider, []source.Item{two})
	if ids[two.Name] != number || len(collisions) != 0 {
		t.Fatalf("alone it is %v, %v", ids, collisions)
	}
	ids, collisions = reexport(t, provider, []source.Item{one, two})
	if ids[two.Name] != number || ids[one.Name] == number || len(collisions) != 1 || collisions[0].Name != one.Name {
		t.Fatalf("together they are %v, %v", ids, collisions)
	}
	suffixed := ids[one.Name]
	if ids, collisions = reexport(t, provider, []source.Item{two, one}); ids[one.Name] != suffixed || len(collisions) != 0 {
		t.Errorf("the other way round they are %v, %v", ids, collisions)
	}
	if ids, _ = reexport(t, provider, []source.Item{one}); ids[one.Name] != suffixed {
		t.Errorf("when the other is gone it is %v", ids)
	}
	if ids, _ = reexport(t, provider, []source.Item{one, two}); ids[one.Name] != suffixed || ids[two.Name] != number {
		t.Errorf("when the other is back they are %v", ids)
	}
}

func TestABranchThatIsNotExportedTakesNoID(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	provider.Spec.Filter = &v1.InputProviderFilter{ExcludeBranch: "^v1"}
	ids, collisions := reexport(t, provider, []source.Item{branch("v1.2.0"), branch("v2.0.1")})
	if want := map[string]string{"v2.0.1": identity.Checksum("v2.0.1")}; !maps.Equal(ids, want) || len(collisions) != 0 {
		t.Errorf("exported %v, %v", ids, collisions)
	}
}

func TestAnExportedInputIsKnownByTheNameThatItsIDWasMadeOf(t *testing.T) {
	suffixed, _ := identity.Assign([]string{"v1.2.0", "v2.0.1"}, nil, identity.Checksum)
	for _, c := range []struct {
		name   string
		fields map[string]string
		want   string
	}{
		{"a pull request by its number, whatever its branch", map[string]string{"id": "7", "branch": "v1.2.0"}, "7"},
		{"a branch by its name", map[string]string{"id": identity.Checksum("main"), "branch": "main"}, "main"},
		{"a branch with a suffix by its name", map[string]string{"id": suffixed["v2.0.1"], "branch": "v2.0.1"}, "v2.0.1"},
		{"a tag by its name", map[string]string{"id": identity.Checksum("v1.2.0"), "tag": "v1.2.0"}, "v1.2.0"},
		{"a branch by its name, where the defaults add a tag", map[string]string{"id": identity.Checksum("main"), "branch": "main", "tag": "latest"}, "main"},
		{"an artifact by namespace and name", map[string]string{"id": identity.Checksum("apps/web"), "namespace": "apps", "name": "web"}, "apps/web"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := v1.ResourceSetInput{}
			for key, value := range c.fields {
				in[key] = jsonText(value)
			}
			provider := &v1.ResourceSetInputProvider{Status: v1.ResourceSetInputProviderStatus{ExportedInputs: []v1.ResourceSetInput{in}}}
			exported := Read(provider)
			if got := slices.Collect(maps.Keys(exported)); !slices.Equal(got, []string{c.want}) {
				t.Errorf("it is known by %q, want %q", got, c.want)
			}
		})
	}
}

func TestAFrozenBranchHasTheIDOfItsName(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	provider.Status.ExportedInputs = []v1.ResourceSetInput{{"id": jsonText("main"), "branch": jsonText("main"), "sha": jsonText("old")}}
	reexport(t, provider, []source.Item{{Name: "main", Branch: "main"}})
	if got, want := exportedJSON(t, provider), fmt.Sprintf(`[{"branch":"main","id":%q,"sha":"old"}]`, identity.Checksum("main")); got != want {
		t.Errorf("exported %s, want %s", got, want)
	}
}

// TestWhoeverComesAndGoesABranchKeepsItsID lets branches, many of which have the
// same checksum, come and go under a limit.
func TestWhoeverComesAndGoesABranchKeepsItsID(t *testing.T) {
	stays := func(runs [10][]uint16) bool {
		provider, before := &v1.ResourceSetInputProvider{}, map[string]string{}
		provider.Spec.Filter = &v1.InputProviderFilter{Limit: 30}
		for _, run := range runs {
			ids, _ := reexport(t, provider, branches(run))
			if distinct := len(slices.Compact(slices.Sorted(maps.Values(ids)))); distinct != len(provider.Status.ExportedInputs) {
				t.Errorf("%d branches have %d ids", len(provider.Status.ExportedInputs), distinct)
				return false
			}
			for name, id := range ids {
				if was, lived := before[name]; lived && was != id {
					t.Errorf("%s went from %s to %s", name, was, id)
					return false
				}
			}
			before = ids
		}
		return true
	}
	if err := quick.Check(stays, nil); err != nil {
		t.Error(err)
	}
}

// branches are some of JIRA-1000 to JIRA-1199, each once.
func branches(numbers []uint16) []source.Item {
	var out []source.Item
	for _, n := range numbers {
		item := branch(fmt.Sprintf("JIRA-%d", 1000+n%200))
		if !slices.ContainsFunc(out, func(other source.Item) bool { return other.Name == item.Name }) {
			out = append(out, item)
		}
	}
	return out
}
