package source_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/test/forge"
)

// exampleAt answers an end of a path with a vendor's example.
func exampleAt(end, example string) forge.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, end) && forge.Body("application/json", string(forge.Example(example)))(w, r)
	}
}

func day(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}

// fabrikam is a request as Azure DevOps tells it.
func fabrikam(item source.Item) source.Item {
	item.Author, item.Login, item.AuthorID, item.URL = "Normal Paulk", "fabrikamfiber16@hotmail.com", "d6245f20-2af8-44f4-9451-8107cb2767db", "REPOSITORY/pullrequest/"+item.ID
	return item
}

// octocat is a request as GitHub tells it.
func octocat() source.Item {
	return source.Item{
		ID: "1347", SHA: "6dcb09b5b57875f334f61aebed695e2e4193db5e", Title: "Amazing new feature", Author: "octocat", AuthorID: "1", Source: "octocat/Hello-World",
		Branch: "new-topic", TargetBranch: "master", Labels: []string{"bug"}, UpdatedAt: day("2011-01-26T19:01:12Z"),
		URL: "https://github.com/octocat/Hello-World/pull/1347",
	}
}

// What the vendors give as examples of their answers is read for what it says.
func TestTheVendorsOwnExamplesAreReadRight(t *testing.T) {
	cases := []struct {
		kind    string
		start   func(testing.TB) *forge.Forge
		end     string
		example string
		want    []source.Item
	}{
		{v1.InputProviderGitHubPullRequest, forge.NewGitHub, "/pulls", "github/pulls", []source.Item{octocat()}},
		{v1.InputProviderGitHubBranch, forge.NewGitHub, "/branches", "github/branches", []source.Item{
			{Name: "master", Branch: "master", SHA: "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc"},
		}},
		{v1.InputProviderGitHubTag, forge.NewGitHub, "/tags", "github/tags", []source.Item{
			{Name: "v0.1", Tag: "v0.1", SHA: "c5b97d5ae6c19d5c5df71a34c7fbeeda2479ccbc"},
		}},
		{v1.InputProviderAzureDevOpsPullRequest, forge.NewAzureDevOps, "/pullrequests", "azuredevops/pullrequests", []source.Item{
			fabrikam(source.Item{ID: "22", SHA: "b60280bc6e62e2f880f1b63c1e24987664d3bda3", Title: "A new feature", Branch: "npaulk/my_work", TargetBranch: "new_feature"}),
			fabrikam(source.Item{ID: "21", SHA: "05ce817c4692afc93c1eb952643bdf7ffbab18ee", Title: "Added known issues document", Branch: "npaulk/known_issues", TargetBranch: "new_feature"}),
			fabrikam(source.Item{ID: "1", SHA: "34a9e500f29d119802a828d7a759f6fa2e546750", Title: "some_branch edit", Branch: "some_branch", TargetBranch: "master"}),
		}},
		{v1.InputProviderAzureDevOpsPullRequest, forge.NewAzureDevOps, "/pullrequests", "azuredevops/completed", nil},
		{v1.InputProviderAzureDevOpsBranch, forge.NewAzureDevOps, "/refs", "azuredevops/heads", []source.Item{
			{Name: "feature/calcApp", Branch: "feature/calcApp", SHA: "ffe9cba521f00d7f60e322845072238635edb451"},
			{Name: "feature/replacer", Branch: "feature/replacer", SHA: "917131a709996c5cfe188c3b57e9a6ad90e8b85c"},
			{Name: "master", Branch: "master", SHA: "ffe9cba521f00d7f60e322845072238635edb451"},
		}},
		{v1.InputProviderAzureDevOpsTag, forge.NewAzureDevOps, "/refs", "azuredevops/tags", []source.Item{
			{Name: "v0.1", Tag: "v0.1", SHA: "917131a709996c5cfe188c3b57e9a6ad90e8b85c"},
		}},
	}
	for _, c := range cases {
		t.Run(c.example, func(t *testing.T) {
			f := c.start(t)
			f.Break(exampleAt(c.end, c.example))
			got := list(t, openAs(t, f, c.kind, forge.Token))
			for n, item := range c.want {
				c.want[n].URL = strings.ReplaceAll(item.URL, "REPOSITORY", f.URL)
			}
			if !slices.EqualFunc(got, c.want, equal) {
				t.Errorf("read\n%+v, want\n%+v", got, c.want)
			}
		})
	}
}

func TestTheVendorsOwnExamplesOfOneThingAreReadRight(t *testing.T) {
	cases := []struct {
		kind    string
		start   func(testing.TB) *forge.Forge
		key     string
		end     string
		example string
		want    source.Item
	}{
		{v1.InputProviderGitHubPullRequest, forge.NewGitHub, "1347", "/pulls/1347", "github/pull", octocat()},
		{v1.InputProviderGitHubBranch, forge.NewGitHub, "featureA", "/git/ref/heads/featureA", "github/ref", source.Item{
			Name: "featureA", Branch: "featureA", SHA: "aa218f56b14c9653891f9e74264a383fa43fefbd",
		}},
		{v1.InputProviderAzureDevOpsPullRequest, forge.NewAzureDevOps, "22", "/pullrequests/22", "azuredevops/pullrequest",
			fabrikam(source.Item{ID: "22", SHA: "b60280bc6e62e2f880f1b63c1e24987664d3bda3", Title: "A new feature", Branch: "npaulk/my_work", TargetBranch: "new_feature"})},
	}
	for _, c := range cases {
		t.Run(c.example, func(t *testing.T) {
			f := c.start(t)
			for range 22 { // so that the rest is found that is asked of it
				f.Open(forge.Request{})
			}
			f.Break(exampleAt(c.end, c.example))
			got, err := openAs(t, f, c.kind, forge.Token).Lookup(t.Context(), c.key)
			c.want.URL = strings.ReplaceAll(c.want.URL, "REPOSITORY", f.URL)
			if err != nil || !equal(got, c.want) {
				t.Errorf("read\n%+v, %v, want\n%+v", got, err, c.want)
			}
		})
	}
}
