package admit_test

import (
	"slices"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/source"
)

func provider(t *testing.T, spec string) *v1.ResourceSetInputProvider {
	t.Helper()
	out := &v1.ResourceSetInputProvider{}
	if err := yaml.UnmarshalStrict([]byte(spec), &out.Spec); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestARefusalNamesTheField(t *testing.T) {
	watched := provider(t, `{type: GitHubPullRequest, filter: {labels: [preview], includeBranch: ^feature/, authors: ["!renovate"], drafts: Exclude}, skip: {labels: ["!ready", hold]}}`)
	chain, err := admit.Compile(watched, time.Now())
	if err != nil {
		t.Fatal(err)
	}
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
		{"the gate", func(i *source.Item) { i.Labels = []string{"preview"} }, `waits for the label ready (it has: preview)`},
		{"on hold", func(i *source.Item) { i.Labels = []string{"preview", "ready", "hold"} }, `is paused by the label hold`},
		{"no commit", func(i *source.Item) { i.SHA = "" }, "waits for the forge to tell its commit"},
	} {
		t.Run(test.claim, func(t *testing.T) {
			item := ready
			test.change(&item)
			if got := chain.Judge([]source.Item{item}, admit.Known{}); len(got) != 1 || got[0].Message != test.want || got[0].IsInput() != (test.want == "") {
				t.Errorf("got %+v, want %q", got, test.want)
			}
		})
	}
	labels := chain.ReadyLabels()
	if !slices.Equal(labels, []string{"preview", "ready"}) {
		t.Errorf("a request needs %v", labels)
	}
}
