package forge

import (
	"fmt"
	"net/http"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// NewGitHub returns a GitHub Enterprise server.
//
// https://docs.github.com/en/rest/pulls/pulls
// https://docs.github.com/en/rest/branches/branches
// https://docs.github.com/en/rest/repos/repos#list-repository-tags
// https://docs.github.com/en/rest/git/refs
// https://docs.github.com/en/rest/git/tags
func NewGitHub(t testing.TB) *Forge {
	d := gitHub()
	d.api = "/api/v3" + d.api
	return start(t, d)
}

// NewGitHubCom stands in for github.com.
func NewGitHubCom(t testing.TB) *Forge {
	d := gitHub()
	d.hosts = []string{"github.com", "api.github.com"}
	return start(t, d)
}

// NewGitHubRegion stands in for an enterprise whose data reside in a region.
//
// https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency
func NewGitHubRegion(t testing.TB) *Forge {
	d := gitHub()
	d.hosts = []string{"acme.ghe.com", "api.acme.ghe.com"}
	return start(t, d)
}

func gitHub() dialect {
	return dialect{
		requestType: v1.InputProviderGitHubPullRequest,
		branchType:  v1.InputProviderGitHubBranch,
		tagType:     v1.InputProviderGitHubTag,
		repository:  "/acme/api",
		api:         "/repos/acme/api",
		self:        map[string]any{"id": 1, "full_name": "acme/api"},
		endpoints: []endpoint{
			requestsAt("/pulls", gitHubRequest).filesAt("files", namedFiles), branchesAt("/branches", gitHubRef), tagsAt("/tags", gitHubRef),
			gitHubRefs("heads", branchesAt), gitHubRefs("tags", tagsAt), gitHubAnnotations(),
		},
		most:       100,
		etags:      true,
		authorized: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+Token },
		page:       func(r *http.Request) (int, int) { return query(r, "page", "per_page") },
		wrap: func(w http.ResponseWriter, r *http.Request, p slice) any {
			if next := link(r, p); next != "" {
				w.Header().Set("Link", next)
			}
			return p.items
		},
		failure: func(message string) any {
			return map[string]any{"message": message, "documentation_url": "https://docs.github.com/rest"}
		},
	}
}

func gitHubRequest(f *Forge, r Request) any {
	head := map[string]any{"full_name": "acme/api"}
	if r.Fork {
		head = map[string]any{"full_name": r.Author + "/api", "fork": true}
	}
	return map[string]any{
		"id": 1000 + r.Number, "number": r.Number, "title": r.Title, "draft": r.Draft, "merged": r.Merged,
		"state": state(r, "open", "closed"), "user": map[string]any{"login": r.Author},
		"labels": names(r.Labels), "html_url": fmt.Sprintf("%s/pull/%d", f.URL, r.Number),
		"updated_at": r.Updated,
		"head":       map[string]any{"ref": r.Branch, "sha": r.SHA, "repo": head},
		"base":       map[string]any{"ref": r.Target, "sha": "ba5e", "repo": map[string]any{"full_name": "acme/api"}},
	}
}

// gitHubRef is a branch or a tag in a list, with the commit.
func gitHubRef(r Ref) any {
	return map[string]any{"name": r.Name, "commit": map[string]any{"sha": r.SHA}}
}

// gitHubRefs is the endpoint of references one by one, with what they name.
func gitHubRefs(kind string, at func(string, func(Ref) any) endpoint) endpoint {
	out := at("/git/ref/"+kind, func(r Ref) any {
		object := map[string]any{"type": "commit", "sha": r.object()}
		if r.Annotated {
			object["type"] = "tag"
		}
		return map[string]any{"ref": "refs/" + kind + "/" + r.Name, "object": object}
	})
	out.list = nil
	return out
}

// gitHubAnnotations is the endpoint of tags that are objects of their own.
func gitHubAnnotations() endpoint {
	return endpoint{path: "/git/tags", one: func(f *Forge, _ *http.Request, sha string) any {
		for _, tag := range f.tags {
			if tag.Annotated && tag.object() == sha {
				return map[string]any{"tag": tag.Name, "sha": sha, "object": map[string]any{"type": "commit", "sha": tag.SHA}}
			}
		}
		return nil
	}}
}
