package admit

import (
	"fmt"
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// ready is an open pull request whose image is built.
func ready(id string, labels ...string) source.Item {
	return source.Item{ID: id, SHA: "c0ffee" + id, Branch: "feature/" + id, Labels: append([]string{"build/image-ready"}, labels...)}
}

func exportedBefore(keys ...string) Known {
	known := Known{Exported: map[string]bool{}}
	for _, key := range keys {
		known.Exported[key] = true
	}
	return known
}

// judged is what the rules of a provider make of items.
func judged(t *testing.T, provider *v1.ResourceSetInputProvider, items []source.Item, known Known) []Verdict {
	t.Helper()
	chain, err := Compile(provider, now)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := chain.Judge(items, known)
	if len(verdicts) != len(items) {
		t.Fatalf("there are %d verdicts on %d items", len(verdicts), len(items))
	}
	return verdicts
}

// inputs lists what is an input, by its name or number; one that stays as it was
// is marked with a star.
func inputs(verdicts []Verdict) string {
	var out []string
	for _, v := range verdicts {
		switch v.Decision {
		case Export:
			out = append(out, v.Item.Key())
		case Keep:
			out = append(out, v.Item.Key()+"*")
		case Hold, Refuse:
		}
	}
	return strings.Join(out, " ")
}

var gate = &v1.InputProviderSkip{Labels: []string{"!build/image-ready", "hold"}}

var decisions = []struct {
	name     string
	spec     v1.ResourceSetInputProviderSpec
	items    []source.Item
	exported Known
	want     string
}{
	{
		name:  "without rules every request is an input",
		items: []source.Item{{ID: "1", SHA: "a"}, {ID: "2", SHA: "b"}},
		want:  "1 2",
	},
	{
		name:  "a request without the required label is not an input",
		spec:  v1.ResourceSetInputProviderSpec{Skip: gate},
		items: []source.Item{ready("1"), {ID: "2", SHA: "b"}},
		want:  "1",
	},
	{
		name:     "a request that lost the required label goes",
		spec:     v1.ResourceSetInputProviderSpec{Skip: gate},
		items:    []source.Item{{ID: "2", SHA: "b"}},
		exported: exportedBefore("2"),
		want:     "",
	},
	{
		name: "a request that lost the required label is frozen where the set asks for it",
		spec: v1.ResourceSetInputProviderSpec{Skip: &v1.InputProviderSkip{
			Labels: gate.Labels, WhenMissing: v1.WhenMissingFreeze,
		}},
		items:    []source.Item{{ID: "2", SHA: "b"}, {ID: "3", SHA: "c"}},
		exported: exportedBefore("2"),
		want:     "2*",
	},
	{
		name:     "a pause label freezes what runs and holds back what does not",
		spec:     v1.ResourceSetInputProviderSpec{Skip: gate},
		items:    []source.Item{ready("1", "hold"), ready("2", "hold"), ready("3")},
		exported: exportedBefore("1"),
		want:     "1* 3",
	},
	{
		name:     "an incomplete answer keeps the last good input",
		items:    []source.Item{{ID: "1"}, {ID: "2"}},
		exported: exportedBefore("1"),
		want:     "1*",
	},
	{
		name: "a request needs all filter labels",
		spec: v1.ResourceSetInputProviderSpec{Filter: &v1.InputProviderFilter{Labels: []string{"build/image-ready", "deploy"}}},
		items: []source.Item{
			ready("1"), ready("2", "deploy"), {ID: "3", SHA: "c", Labels: []string{"deploy"}},
		},
		want: "2",
	},
	{
		name: "labels are case-sensitive",
		spec: v1.ResourceSetInputProviderSpec{Filter: &v1.InputProviderFilter{Labels: []string{"Deploy"}}},
		items: []source.Item{
			ready("1", "deploy"), ready("2", "Deploy"),
		},
		want: "2",
	},
	{
		name: "branches are matched anywhere unless anchored",
		spec: v1.ResourceSetInputProviderSpec{Filter: &v1.InputProviderFilter{IncludeBranch: "ature/", ExcludeBranch: "^feature/2$"}},
		items: []source.Item{
			ready("1"), ready("2"), ready("22"), {ID: "3", SHA: "c", Branch: "fix/3"},
		},
		want: "1 22",
	},
	{
		name: "a pattern for tags beats one for branches, whatever the type",
		spec: v1.ResourceSetInputProviderSpec{Filter: &v1.InputProviderFilter{IncludeBranch: "nothing", IncludeTag: "feature"}},
		items: []source.Item{
			ready("1"),
		},
		want: "1",
	},
	{
		name:     "over the limit what runs is kept and newcomers wait",
		spec:     v1.ResourceSetInputProviderSpec{Filter: &v1.InputProviderFilter{Limit: 2}},
		items:    []source.Item{ready("9"), ready("8"), ready("7")},
		exported: exportedBefore("7"),
		want:     "9 7",
	},
}

func TestRulesDecideWhatIsExported(t *testing.T) {
	for _, c := range decisions {
		t.Run(c.name, func(t *testing.T) {
			if got := inputs(judged(t, &v1.ResourceSetInputProvider{Spec: c.spec}, c.items, c.exported)); got != c.want {
				t.Errorf("exported %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheDefaultLimitIsOneHundred(t *testing.T) {
	var items []source.Item
	for n := range 130 {
		items = append(items, ready(fmt.Sprint(n)))
	}
	for _, filter := range []*v1.InputProviderFilter{nil, {}, {Limit: -1}} {
		verdicts := judged(t, &v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Filter: filter}}, items, Known{})
		if kept, waiting := len(strings.Fields(inputs(verdicts))), Count(verdicts, Queued); kept != 100 || waiting != 30 {
			t.Errorf("filter %+v: %d exported and %d waiting, want 100 and 30", filter, kept, waiting)
		}
	}
}

func TestAnInvalidExpressionNamesItsField(t *testing.T) {
	for field, filter := range map[string]v1.InputProviderFilter{
		"spec.filter.includeBranch":      {IncludeBranch: "a(b"},
		"spec.filter.excludeBranch":      {ExcludeBranch: "*"},
		"spec.filter.includeEnvironment": {IncludeEnvironment: "[", IncludeBranch: "fine"},
		"spec.filter.excludeTag":         {ExcludeTag: "(?<n>"},
	} {
		_, err := Compile(&v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Filter: &filter}}, now)
		if err == nil || !strings.HasPrefix(err.Error(), field+": ") {
			t.Errorf("got %v, want an error that begins with %s", err, field)
		}
	}
}
