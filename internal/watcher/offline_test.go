package watcher_test

import (
	"encoding/json"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/watcher"
)

func offline(t *testing.T, spec string) *v1.ResourceSetInputProvider {
	t.Helper()
	out := &v1.ResourceSetInputProvider{}
	if err := yaml.UnmarshalStrict([]byte(spec), &out.Spec); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWithoutAForgeARequestIsExportedAsTheOperatorWould(t *testing.T) {
	provider := offline(t, `{type: GitHubPullRequest, skip: {labels: ["!ready"]}, defaultValues: {tier: small, id: "0"}}`)
	items := []source.Item{
		{ID: "7", SHA: "c0ffee", Title: "x: y", Labels: []string{"ready"}},
		{ID: "8", SHA: "c0ffee"},
	}
	if err := watcher.Export(provider, items); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(provider.Status.ExportedInputs)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"draft":false,"fork":false,"id":"7","labels":["ready"],"sha":"c0ffee","tier":"small","title":"x: y"}]`
	if string(got) != want {
		t.Errorf("exported is %s, want %s", got, want)
	}
}

func TestARefusalNamesTheField(t *testing.T) {
	provider := offline(t, `{type: GitHubPullRequest, filter: {labels: [preview], includeBranch: ^feature/, authors: ["!renovate"], drafts: Exclude}, skip: {labels: ["!ready", hold]}}`)
	ready := source.Item{ID: "7", SHA: "c0ffee", Branch: "feature/x", Labels: []string{"preview", "ready"}}
	for _, test := range []struct {
		claim  string
		change func(*source.Item)
		want   string
	}{
		{"ready", func(*source.Item) {}, ""},
		{"a label of the filter", func(i *source.Item) { i.Labels = nil }, `it lacks the label "preview" that spec.filter.labels asks for`},
		{"the branch", func(i *source.Item) { i.Branch = "main" }, `its branch "main" does not pass spec.filter.includeBranch`},
		{"the author", func(i *source.Item) { i.Author = "renovate" }, `its author "renovate" does not pass spec.filter.authors`},
		{"a draft", func(i *source.Item) { i.Draft = true }, "a draft does not pass spec.filter.drafts"},
		{"the gate", func(i *source.Item) { i.Labels = []string{"preview"} }, `it lacks the label "ready" that spec.skip.labels asks for`},
		{"on hold", func(i *source.Item) { i.Labels = []string{"preview", "ready", "hold"} }, `the label "hold" of spec.skip.labels holds it`},
		{"no commit", func(i *source.Item) { i.SHA = "" }, "its commit is not known yet"},
	} {
		t.Run(test.claim, func(t *testing.T) {
			item := ready
			test.change(&item)
			if got, err := watcher.Refusal(provider, item); err != nil || got != test.want {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
	labels, err := watcher.ReadyLabels(provider)
	if err != nil || !slices.Equal(labels, []string{"preview", "ready"}) {
		t.Errorf("a request needs %v, %v", labels, err)
	}
}
