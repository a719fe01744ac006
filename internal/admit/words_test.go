package admit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/source"
)

func TestWhoWaitsForALabelIsToldWhichAndWhatThereIsInItsPlace(t *testing.T) {
	chain, err := admit.Compile(provider(t, `{type: GitHubPullRequest, skip: {labels: ["!build/image-ready"]}}`), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 200)
	for _, c := range []struct {
		claim  string
		labels []string
		want   string
	}{
		{"no label", nil, "waits for the label build/image-ready (it has none)"},
		{"another case", []string{"Build/image-ready"}, "waits for the label build/image-ready (it has: Build/image-ready)"},
		{"white space is seen", []string{"build/image-ready "}, `waits for the label build/image-ready (it has: "build/image-ready ")`},
		{"what is spelt almost like it comes first", []string{"bug", "ui", "build/image-redy", "BUILD/image-ready"},
			"waits for the label build/image-ready (it has: BUILD/image-ready, build/image-redy, bug, ui)"},
		{"many", []string{"a", "b", "c", "d", "e", "f", "g"}, "waits for the label build/image-ready (it has: a, b, c, d, e and 2 more)"},
		{"what is odd is quoted", []string{"a, b", "\x1b[31m"}, `waits for the label build/image-ready (it has: "a, b", "\x1b[31m")`},
		{"what is long is cut", []string{long}, `waits for the label build/image-ready (it has: "` + long[:50] + `…")`},
	} {
		t.Run(c.claim, func(t *testing.T) {
			item := source.Item{ID: "2", SHA: "c0ffee", Labels: c.labels}
			if got := chain.Judge([]source.Item{item}, admit.Known{})[0]; got.Message != c.want || got.Reason != admit.LabelMissing {
				t.Errorf("got %s: %s\nwant %s", got.Reason, got.Message, c.want)
			}
		})
	}
}

func TestWhoWaitsForAPlaceIsToldItsNumber(t *testing.T) {
	chain, err := admit.Compile(provider(t, `{type: GitHubPullRequest, filter: {limit: 1}}`), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	items := []source.Item{{ID: "3", SHA: "c"}, {ID: "2", SHA: "b"}, {ID: "1", SHA: "a"}}
	var got []string
	for _, verdict := range chain.Judge(items, admit.Known{Exported: map[string]bool{"1": true}}) {
		if verdict.Reason == admit.Queued {
			got = append(got, verdict.Item.ID+" "+verdict.Message)
		}
	}
	const want = "3 waits for a place, as number 1 of 2: spec.filter.limit is 1, and so many have one\n" +
		"2 waits for a place, as number 2 of 2: spec.filter.limit is 1, and so many have one"
	if strings.Join(got, "\n") != want {
		t.Errorf("got %q", got)
	}
}

func TestWhereNothingIsExportedWhatWasSeenIsCountedByRule(t *testing.T) {
	item := func(id, branch string, labels ...string) source.Item {
		return source.Item{ID: id, SHA: "c0ffee", Branch: branch, Labels: labels}
	}
	for _, c := range []struct {
		claim, spec string
		items       []source.Item
		want        string
	}{
		{"nothing is there", `{type: GitHubPullRequest}`, nil, ""},
		{"something is exported", `{type: GitHubPullRequest, filter: {labels: [x]}}`, []source.Item{item("1", "a", "x"), item("2", "b")}, ""},
		{"a label that nothing has", `{type: GitHubPullRequest, filter: {labels: [x]}}`, nil,
			"nothing is exported: nothing that is open has the label x of spec.filter.labels"},
		{"a filter refuses all", `{type: GitHubPullRequest, filter: {labels: [x]}}`, []source.Item{item("1", "a"), item("2", "b")},
			"nothing is exported: of 2 that are there, 2 do not pass spec.filter.labels"},
		{"each rule is counted", `{type: GitHubPullRequest, filter: {labels: [x], includeBranch: ^feature/}, skip: {labels: ["!ready", hold]}}`,
			[]source.Item{item("1", "a"), item("2", "main", "x"), item("3", "feature/a", "x"), item("4", "feature/b", "x", "ready", "hold")},
			"nothing is exported: of 4 that are there, 1 does not pass spec.filter.includeBranch, 1 does not pass spec.filter.labels, 2 are held by spec.skip.labels"},
		{"what no rule holds is called by its reason", `{type: AzureDevOpsPullRequest}`, []source.Item{{ID: "1"}},
			"nothing is exported: of 1 that are there, 1 NoCommit"},
	} {
		t.Run(c.claim, func(t *testing.T) {
			chain, err := admit.Compile(provider(t, c.spec), time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if got := chain.Account(chain.Judge(c.items, admit.Known{})); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}
