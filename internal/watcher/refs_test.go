package watcher

import (
	"net/http"
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/test/forge"
)

func tagged(names ...string) []source.Item {
	var items []source.Item
	for _, name := range names {
		items = append(items, source.Item{Name: name, Tag: name, SHA: "c0ffee"})
	}
	return items
}

// names lists what was found, by the names of tags, environments and branches.
func (f findings) names() string {
	var out []string
	for _, item := range f.items {
		out = append(out, item.RefName())
	}
	return strings.Join(out, " ")
}

// decided is what the rules of a provider make of what is listed.
func decided(t *testing.T, provider *v1.ResourceSetInputProvider, listed []source.Item, exported exportedInputs) findings {
	t.Helper()
	rules := compiled(t, provider)
	return rules.decide(rules.filter(listed), exported)
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
			if got := decided(t, provider, all, nil).names(); got != c.want {
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
	found := decided(t, provider, tagged("v1.0.0", "v1.1.0"), exportedBefore("v1.0.0"))
	if found.names() != "v1.1.0" || found.waiting != 0 {
		t.Errorf("found %s, and %d wait", found.names(), found.waiting)
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
			source.Item{ID: "7", SHA: "a", Branch: "main", Environment: "release/1"}, "release/1"},
		{"a request by its branch", v1.InputProviderGitHubPullRequest, source.Item{ID: "7", SHA: "a", Branch: "release/1"}, "release/1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, filter := range []v1.InputProviderFilter{{IncludeBranch: "^release/"}, {IncludeTag: "^release/"}, {IncludeEnvironment: "^release/"}, {ExcludeBranch: "^main$"}} {
				provider := &v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Type: c.kind, Filter: &filter}}
				if got := decided(t, provider, []source.Item{c.item}, nil).names(); got != c.want {
					t.Errorf("found %q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestABranchAndATagAreExportedUnderTheContractsNames(t *testing.T) {
	for _, c := range []struct {
		item source.Item
		want string
	}{
		{branch("main"), `[{"branch":"main","id":"` + identity.Checksum("main") + `","sha":"c0ffee"}]`},
		{tagged("v1")[0], `[{"id":"` + identity.Checksum("v1") + `","sha":"c0ffee","tag":"v1"}]`},
		{source.Item{ID: "7", SHA: "a", Branch: "main", Environment: "review/x", Title: "review/x", Slug: "review-x", Author: "ada"},
			`[{"author":"ada","branch":"main","id":"7","sha":"a","slug":"review-x","title":"review/x"}]`},
	} {
		provider := &v1.ResourceSetInputProvider{}
		reexport(t, provider, []source.Item{c.item})
		if got := exportedJSON(t, provider); got != c.want {
			t.Errorf("exported\n%s\nwant\n%s", got, c.want)
		}
	}
}

func TestALabelOfWhatHasNoneIsRefusedOrMissing(t *testing.T) {
	filter := v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGitHubBranch, Filter: &v1.InputProviderFilter{Labels: []string{"a"}}}
	if _, err := compileRules(&v1.ResourceSetInputProvider{Spec: filter}, now); err == nil || !strings.Contains(err.Error(), "spec.filter.labels") {
		t.Errorf("a filter by label: %v", err)
	}
	for labels, want := range map[string]string{"!ready": "", "hold": "main"} {
		skip := v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGitHubBranch, Skip: &v1.InputProviderSkip{Labels: []string{labels}}}
		if got := decided(t, &v1.ResourceSetInputProvider{Spec: skip}, []source.Item{branch("main")}, nil).names(); got != want {
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
		_, err := compileRules(&v1.ResourceSetInputProvider{Spec: spec}, now)
		if err == nil || !strings.Contains(err.Error(), field) || !strings.Contains(err.Error(), spec.Type) {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestARangeThatIsNoneNamesItsField(t *testing.T) {
	spec := v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGitHubTag, Filter: &v1.InputProviderFilter{Semver: "newest"}}
	if _, err := compileRules(&v1.ResourceSetInputProvider{Spec: spec}, now); err == nil || !strings.Contains(err.Error(), "spec.filter.semver") {
		t.Errorf("the error is %v", err)
	}
}

func TestABranchLivesAndDiesWithTheBranch(t *testing.T) {
	main, feature := identity.Checksum("main")+"@0a", identity.Checksum("feature/x")+"@1b"
	for _, start := range forges {
		f := start(t)
		t.Run(f.BranchType, func(t *testing.T) {
			b := newBench(t)
			b.watch(f, func(p *v1.ResourceSetInputProvider) { p.Spec.Type, p.Spec.Skip = f.BranchType, nil })
			f.Branch("main", "0a")
			f.Branch("feature/x", "1b")
			b.want(feature + " " + main)
			f.Break(forge.Status(http.StatusBadGateway))
			b.want(feature + " " + main)
			f.Mend()
			f.DeleteBranch("feature/x")
			b.want(main)
			f.Hide()
			b.want(main)
		})
	}
}
