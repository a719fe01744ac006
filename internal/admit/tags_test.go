package admit

import (
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

func branch(name string) source.Item {
	return source.Item{Name: name, Branch: name, SHA: "c0ffee"}
}

func tagged(names ...string) []source.Item {
	var items []source.Item
	for _, name := range names {
		items = append(items, source.Item{Name: name, Tag: name, SHA: "c0ffee"})
	}
	return items
}

func TestTagsComeInTheOrderOfTheirWorth(t *testing.T) {
	all := tagged("v1.0.0", "nightly", "v1.10.0", "v1.9.0", "v2.0.0-rc.1", "1.9.0", "v0.9")
	for _, c := range []struct {
		name   string
		filter *v1.InputProviderFilter
		want   string
	}{
		{"without a range, the last in byte order is first", nil, "v2.0.0-rc.1 v1.9.0 v1.10.0 v1.0.0 v0.9 nightly 1.9.0"},
		{"a range puts the highest version first and drops what is none", &v1.InputProviderFilter{Semver: ">=1.0.0"}, "v1.10.0 v1.9.0 1.9.0 v1.0.0"},
		{"a range with a prerelease takes prereleases in", &v1.InputProviderFilter{Semver: ">=1.10.0-0"}, "v2.0.0-rc.1 v1.10.0"},
		{"the limit keeps the best", &v1.InputProviderFilter{Semver: "*", Limit: 1}, "v1.10.0"},
		{"the limit comes after the patterns", &v1.InputProviderFilter{IncludeTag: "^v1", ExcludeTag: "10", Limit: 2}, "v1.9.0 v1.0.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			provider := &v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGitHubTag, Filter: c.filter}}
			if got := inputs(judged(t, provider, all, Known{})); got != c.want {
				t.Errorf("found %s, want %s", got, c.want)
			}
		})
	}
}

// A new version does not wait for an old one to go, as a request would.
func TestTheNewestTagTakesThePlaceOfTheOldOne(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{
		Type: v1.InputProviderGiteaTag, Filter: &v1.InputProviderFilter{Semver: "*", Limit: 1},
	}}
	verdicts := judged(t, provider, tagged("v1.0.0", "v1.1.0"), exportedBefore("v1.0.0"))
	if inputs(verdicts) != "v1.1.0" || Count(verdicts, Outranked) != 1 {
		t.Errorf("the verdicts are %+v", verdicts)
	}
}

func TestPatternsAreHeldAgainstWhatIsWatched(t *testing.T) {
	for _, c := range []struct {
		name string
		kind string
		item source.Item
		want string
	}{
		{"a branch by its name", v1.InputProviderGitHubBranch, branch("release/1"), "release/1"},
		{"a tag by its name", v1.InputProviderGitHubTag, tagged("release/1")[0], "release/1"},
		{"an environment by its name, not by its branch", v1.InputProviderGitLabEnvironment,
			source.Item{ID: "7", SHA: "a", Branch: "main", Environment: "release/1"}, "7"},
		{"a request by its branch", v1.InputProviderGitHubPullRequest, source.Item{ID: "7", SHA: "a", Branch: "release/1"}, "7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, filter := range []v1.InputProviderFilter{{IncludeBranch: "^release/"}, {IncludeTag: "^release/"}, {IncludeEnvironment: "^release/"}, {ExcludeBranch: "^main$"}} {
				provider := &v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Type: c.kind, Filter: &filter}}
				if got := inputs(judged(t, provider, []source.Item{c.item}, Known{})); got != c.want {
					t.Errorf("found %q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestALabelOfWhatHasNoneIsRefusedOrMissing(t *testing.T) {
	filter := v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGitHubBranch, Filter: &v1.InputProviderFilter{Labels: []string{"a"}}}
	if _, err := Compile(&v1.ResourceSetInputProvider{Spec: filter}, now); err == nil || !strings.Contains(err.Error(), "spec.filter.labels") {
		t.Errorf("a filter by label: %v", err)
	}
	for labels, want := range map[string]string{"!ready": "", "hold": "main"} {
		skip := v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGitHubBranch, Skip: &v1.InputProviderSkip{Labels: []string{labels}}}
		if got := inputs(judged(t, &v1.ResourceSetInputProvider{Spec: skip}, []source.Item{branch("main")}, Known{})); got != want {
			t.Errorf("with the skip label %s found %q, want %q", labels, got, want)
		}
	}
}

func TestALabelOfARequestIsRefusedWhereTheForgeHasNone(t *testing.T) {
	for field, spec := range map[string]v1.ResourceSetInputProviderSpec{
		"spec.filter.labels": {Filter: &v1.InputProviderFilter{Labels: []string{"a"}}},
		"spec.skip.labels":   {Skip: &v1.InputProviderSkip{Labels: []string{"hold"}}},
	} {
		spec.Type = v1.InputProviderBitbucketPullRequest
		_, err := Compile(&v1.ResourceSetInputProvider{Spec: spec}, now)
		if err == nil || !strings.Contains(err.Error(), field) || !strings.Contains(err.Error(), spec.Type) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestARangeThatIsNoneNamesItsField(t *testing.T) {
	spec := v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGitHubTag, Filter: &v1.InputProviderFilter{Semver: "newest"}}
	if _, err := Compile(&v1.ResourceSetInputProvider{Spec: spec}, now); err == nil || !strings.Contains(err.Error(), "spec.filter.semver") {
		t.Errorf("the error is %v", err)
	}
}

func TestTagsAreOrderedByWorth(t *testing.T) {
	for _, c := range []struct{ versions, tags, want string }{
		{"", "a c b", "c b a"},
		{"", "v1.9 v1.10", "v1.9 v1.10"},
		{">=1.0", "1.9.0 1.10.0 latest 0.9.0 2.0.0-rc.1", "1.10.0 1.9.0"},
		{">=1.0-0", "1.0.0 2.0.0-rc.1", "2.0.0-rc.1 1.0.0"},
		{"*", "v1 1.0.0 1", "v1 1.0.0 1"},
	} {
		provider := &v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{
			Type: v1.InputProviderOCIArtifactTag, Filter: &v1.InputProviderFilter{Semver: c.versions},
		}}
		if got := inputs(judged(t, provider, tagged(strings.Fields(c.tags)...), Known{})); got != c.want {
			t.Errorf("%q orders %q as %s, want %s", c.versions, c.tags, got, c.want)
		}
	}
	_, err := Compile(&v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{
		Type: v1.InputProviderOCIArtifactTag, Filter: &v1.InputProviderFilter{Semver: "soon"},
	}}, now)
	if err == nil || !strings.HasPrefix(err.Error(), "spec.filter.semver: ") {
		t.Errorf("got %v", err)
	}
}
