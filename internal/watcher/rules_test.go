package watcher

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// ready is an open pull request whose image is built.
func ready(id string, labels ...string) source.Item {
	return source.Item{ID: id, SHA: "c0ffee" + id, Branch: "feature/" + id, Labels: append([]string{"build/image-ready"}, labels...)}
}

func exportedBefore(ids ...string) exportedInputs {
	exported := exportedInputs{}
	for _, id := range ids {
		exported[id] = exportedInput{id: id, values: v1.ResourceSetInput{"id": jsonText(id), "sha": jsonText("old" + id)}}
	}
	return exported
}

func jsonText(text string) *apiextensionsv1.JSON {
	return &apiextensionsv1.JSON{Raw: []byte(fmt.Sprintf("%q", text))}
}

// ids lists what was found; a frozen one is marked with a star.
func (f findings) ids() string {
	var out []string
	for _, item := range f.items {
		id := item.ID
		if item.frozen != nil {
			id += "*"
		}
		out = append(out, id)
	}
	return strings.Join(out, " ")
}

var gate = &v1.InputProviderSkip{Labels: []string{"!build/image-ready", "hold"}}

var decisions = []struct {
	name     string
	spec     v1.ResourceSetInputProviderSpec
	items    []source.Item
	exported exportedInputs
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

// decide is what the rules make of items that need no resolving.
func (r rules) decide(items []source.Item, exported exportedInputs) findings {
	kept, waiting := r.keep(items, exported)
	return findings{items: r.admit(kept, exported), waiting: waiting}
}

func TestRulesDecideWhatIsExported(t *testing.T) {
	for _, c := range decisions {
		t.Run(c.name, func(t *testing.T) {
			rules, err := compileRules(&v1.ResourceSetInputProvider{Spec: c.spec}, now)
			if err != nil {
				t.Fatal(err)
			}
			if got := rules.decide(rules.filter(c.items), c.exported).ids(); got != c.want {
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
		rules, err := compileRules(&v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Filter: filter}}, now)
		if err != nil {
			t.Fatal(err)
		}
		found := rules.decide(items, nil)
		if len(found.items) != 100 || found.waiting != 30 {
			t.Errorf("filter %+v: %d exported and %d waiting, want 100 and 30", filter, len(found.items), found.waiting)
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
		_, err := compileRules(&v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Filter: &filter}}, now)
		if err == nil || !strings.HasPrefix(err.Error(), field+": ") {
			t.Errorf("got %v, want an error that begins with %s", err, field)
		}
	}
}

func TestMissingIDsComeInAStableOrder(t *testing.T) {
	listed := []source.Item{{ID: "2"}}
	for range 20 {
		if got := missing(listed, exportedBefore("3", "1", "2", "10")); !slices.Equal(got, []string{"1", "10", "3"}) {
			t.Fatalf("missing ids are %v", got)
		}
	}
}
