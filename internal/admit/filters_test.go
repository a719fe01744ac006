package admit

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// now is the time of every rule.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func ago(d time.Duration) time.Time { return now.Add(-d) }

var twoWeeks = metav1.Duration{Duration: 14 * 24 * time.Hour}

var filters = []struct {
	name   string
	filter v1.InputProviderFilter
	items  []source.Item
	want   string
}{
	{
		name:   "without a filter drafts, forks and old requests are inputs, from and into any branch",
		filter: v1.InputProviderFilter{},
		items:  []source.Item{{ID: "1", Draft: true}, {ID: "2", Fork: true}, {ID: "3", TargetBranch: "x"}, {ID: "4", UpdatedAt: ago(9000 * time.Hour)}},
		want:   "1 2 3 4",
	},
	{
		name:   "target branches are matched as source branches are",
		filter: v1.InputProviderFilter{IncludeTargetBranch: "^(main|release/.*)$", ExcludeTargetBranch: "/1$"},
		items:  []source.Item{{ID: "1", TargetBranch: "main"}, {ID: "2", TargetBranch: "release/1"}, {ID: "3", TargetBranch: "release/2"}, {ID: "4", TargetBranch: "not-main"}},
		want:   "1 3",
	},
	{
		name:   "drafts are dropped where they are excluded",
		filter: v1.InputProviderFilter{Drafts: v1.FilterExclude, Forks: v1.FilterInclude},
		items:  []source.Item{{ID: "1", Draft: true}, {ID: "2", Fork: true}, {ID: "3", Draft: true, Fork: true}},
		want:   "2",
	},
	{
		name:   "forks are dropped where they are excluded",
		filter: v1.InputProviderFilter{Drafts: v1.FilterInclude, Forks: v1.FilterExclude},
		items:  []source.Item{{ID: "1", Draft: true}, {ID: "2", Fork: true}, {ID: "3", Draft: true, Fork: true}},
		want:   "1",
	},
	{
		name:   "only the named authors count, in upper or lower case",
		filter: v1.InputProviderFilter{Authors: []string{"Ada", "grace"}},
		items:  []source.Item{{ID: "1", Author: "ada"}, {ID: "2", Author: "GRACE"}, {ID: "3", Author: "adam"}, {ID: "4"}},
		want:   "1 2",
	},
	{
		name:   "all but the excluded authors count where none is named",
		filter: v1.InputProviderFilter{Authors: []string{"!dependabot[bot]", "!renovate"}},
		items:  []source.Item{{ID: "1", Author: "ada"}, {ID: "2", Author: "dependabot[bot]"}, {ID: "3", Author: "Renovate"}},
		want:   "1",
	},
	{
		name:   "an excluded author does not count even if named",
		filter: v1.InputProviderFilter{Authors: []string{"ada", "grace", "!ada"}},
		items:  []source.Item{{ID: "1", Author: "ada"}, {ID: "2", Author: "grace"}, {ID: "3", Author: "bob"}},
		want:   "2",
	},
	{
		name:   "what nobody has touched for longer is dropped",
		filter: v1.InputProviderFilter{UpdatedWithin: &twoWeeks},
		items:  []source.Item{{ID: "1", UpdatedAt: ago(time.Hour)}, {ID: "2", UpdatedAt: ago(twoWeeks.Duration)}, {ID: "3", UpdatedAt: ago(twoWeeks.Duration + time.Second)}},
		want:   "1 2",
	},
	{
		name:   "an answer without a time drops nothing, and neither does a clock that is ahead",
		filter: v1.InputProviderFilter{UpdatedWithin: &twoWeeks},
		items:  []source.Item{{ID: "1"}, {ID: "2", UpdatedAt: now.Add(time.Hour)}},
		want:   "1 2",
	},
}

func TestFiltersSayWhatMayBeAnInput(t *testing.T) {
	for _, c := range filters {
		t.Run(c.name, func(t *testing.T) {
			if got := passed(t, requestsWith(c.filter), c.items); got != c.want {
				t.Errorf("kept %q, want %q", got, c.want)
			}
		})
	}
}

// passed lists what the filters let pass, whether its commit is known or not.
func passed(t *testing.T, provider *v1.ResourceSetInputProvider, items []source.Item) string {
	t.Helper()
	chain, err := Compile(provider, now)
	if err != nil {
		t.Fatal(err)
	}
	wanted, refused := chain.Filter(items)
	if len(wanted)+len(refused) != len(items) || Count(refused, Filtered) != len(refused) {
		t.Errorf("of %d items %d pass, and the verdicts are %+v", len(items), len(wanted), refused)
	}
	var ids []string
	for _, item := range wanted {
		ids = append(ids, item.ID)
	}
	return strings.Join(ids, " ")
}

// requestsWith is a provider of a forge that tells everything.
func requestsWith(filter v1.InputProviderFilter) *v1.ResourceSetInputProvider {
	provider := &v1.ResourceSetInputProvider{}
	provider.Spec.Type, provider.Spec.Filter = v1.InputProviderGitHubPullRequest, &filter
	return provider
}

func TestAWildcardMatchesWhatPeopleMean(t *testing.T) {
	cases := []struct {
		glob    string
		matches []string
		others  []string
	}{
		{"services/api/**", []string{"services/api/main.go", "services/api/a/b.go"}, []string{"services/api2/main.go", "x/services/api/main.go"}},
		{"**/*.go", []string{"main.go", "a/b/c.go"}, []string{"main.gop", "go"}},
		{"*.md", []string{"README.md"}, []string{"docs/README.md"}},
		{"{go.mod,go.sum}", []string{"go.mod", "go.sum"}, []string{"a/go.mod"}},
		{"charts/*/values.yaml", []string{"charts/api/values.yaml"}, []string{"charts/a/b/values.yaml"}},
		{"docs/[ab]?.txt", []string{"docs/a1.txt"}, []string{"docs/c1.txt", "docs/a/.txt"}},
		{"**", []string{"anything", "at/all"}, nil},
	}
	for _, c := range cases {
		for _, file := range c.matches {
			if !touches([]string{"LICENSE.none", file}, []string{"nothing", c.glob}) {
				t.Errorf("%s does not match %s", c.glob, file)
			}
		}
		for _, file := range c.others {
			if touches([]string{file}, []string{c.glob}) {
				t.Errorf("%s matches %s", c.glob, file)
			}
		}
	}
}

func TestABadFilterNamesItsField(t *testing.T) {
	for field, filter := range map[string]v1.InputProviderFilter{
		"spec.filter.includeTargetBranch: ": {IncludeTargetBranch: "a(b"},
		"spec.filter.excludeTargetBranch: ": {ExcludeTargetBranch: "*"},
		"spec.filter.paths[1]: ":            {Paths: []string{"fine/**", "a[b"}},
		`spec.filter.paths[0]: "!docs/**"`:  {Paths: []string{"!docs/**"}},
		`spec.filter.paths[0]: "/docs/**"`:  {Paths: []string{"/docs/**"}},
	} {
		_, err := Compile(requestsWith(filter), now)
		if err == nil || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("got %v, want an error that begins with %s", err, field)
		}
	}
}

func TestWhatAForgeCannotTellIsRefused(t *testing.T) {
	all := v1.InputProviderFilter{
		Labels: []string{"ready"}, IncludeTargetBranch: "main", ExcludeTargetBranch: "x", Drafts: v1.FilterExclude, Forks: v1.FilterExclude,
		Authors: []string{"ada"}, UpdatedWithin: &twoWeeks, Paths: []string{"**"},
	}
	fields := []string{"labels", "includeTargetBranch", "excludeTargetBranch", "drafts", "forks", "authors", "updatedWithin", "paths"}
	for providerType, unknown := range map[string][]string{
		v1.InputProviderGitHubPullRequest:        nil,
		v1.InputProviderGitLabMergeRequest:       nil,
		v1.InputProviderGiteaPullRequest:         nil,
		v1.InputProviderAzureDevOpsPullRequest:   {"updatedWithin"},
		v1.InputProviderBitbucketPullRequest:     {"labels"},
		v1.InputProviderAWSCodeCommitPullRequest: {"labels", "drafts", "forks"},
		v1.InputProviderGitLabEnvironment:        {"labels", "includeTargetBranch", "excludeTargetBranch", "drafts", "forks", "paths"},
		v1.InputProviderGitHubBranch:             fields,
		v1.InputProviderAWSCodeCommitTag:         fields,
		v1.InputProviderExternalService:          fields,
		v1.InputProviderOCIArtifactTag:           fields,
	} {
		err := checkTold(providerType, &all)
		for _, field := range fields {
			refused := err != nil && strings.Contains(err.Error(), "spec.filter."+field+": a provider of type "+providerType+" cannot tell")
			if want := strings.Contains(strings.Join(unknown, " "), field); refused != want {
				t.Errorf("%s: %s is refused: %v, want %v", providerType, field, refused, want)
			}
		}
	}
	if err := checkTold(v1.InputProviderOCIArtifactTag, &v1.InputProviderFilter{Drafts: v1.FilterInclude, Forks: v1.FilterInclude, Limit: 3}); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
}
