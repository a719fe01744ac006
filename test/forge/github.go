package forge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

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
	d.contract = d.contract.below("/api/v3")
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

// gitHubContract is what GitHub says of its API, with samples of its answers.
var gitHubContract = sync.OnceValue(func() *contract {
	return load("github", "openapi.json", func(schemas openapi3.Schemas) excuses {
		// Which statuses there are, an operation tells in parts; the rest is told
		// for all of them, and so is what a 301 or an error looks like.
		//
		// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
		// https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
		failure := schemas["basic-error"].Value
		return excuses{
			// Flux's library sends null where it wants a token for all that an app may
			// do, and GitHub takes it.
			nullBody: true,
			statuses: map[int]*openapi3.Schema{
				http.StatusUnauthorized: failure, http.StatusForbidden: failure, http.StatusNotFound: failure,
				http.StatusNotModified: nil, // wherever an answer has an ETag
			},
		}
	})
})

func gitHub() dialect {
	c := gitHubContract()
	at := "/repos/{owner}/{repo}"
	return dialect{
		contract:    c,
		requestType: v1.InputProviderGitHubPullRequest,
		branchType:  v1.InputProviderGitHubBranch,
		tagType:     v1.InputProviderGitHubTag,
		repository:  "/acme/api",
		api:         "/repos/acme/api",
		self:        c.sample(http.MethodGet, at, "repository").with(map[string]any{"id": 1, "full_name": "acme/api"}),
		endpoints: []endpoint{
			gitHubRequests(c).filesAt("files", gitHubFiles(c.sample(http.MethodGet, at+"/pulls/{pull_number}/files", "files"))),
			branchesAt("/branches", gitHubRef(c.sample(http.MethodGet, at+"/branches", "branches"))),
			tagsAt("/tags", gitHubRef(c.sample(http.MethodGet, at+"/tags", "tags"))),
			gitHubRefs(c, "heads", branchesAt), gitHubRefs(c, "tags", tagsAt), gitHubAnnotations(c),
		},
		tales:      slices.Concat(gitHubTales(c), gitHubHeard(c), gitHubChecks(c), gitHubApprovals(c)),
		beside:     gitHubBeside(c),
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

// gitHubRequests tells of a request by itself more than in a list, such as
// whether it was merged.
func gitHubRequests(c *contract) endpoint {
	listed := c.sample(http.MethodGet, "/repos/{owner}/{repo}/pulls", "pulls")
	single := c.sample(http.MethodGet, "/repos/{owner}/{repo}/pulls/{pull_number}", "pull")
	out := requestsAt("/pulls", remembered(gitHubRequest(listed)))
	tell := gitHubRequest(single)
	out.one = func(f *Forge, _ *http.Request, key string) any {
		r := f.request(key)
		if r == nil {
			return nil
		}
		told := tell(f, *r).(map[string]any)
		told["merged"] = r.Merged
		return told
	}
	return out
}

func gitHubRequest(like sample) func(*Forge, Request) any {
	user, end := like.part("user"), like.part("head")
	repository := end.part("repo")
	label := sample{"node_id": end["label"], "url": end["label"], "color": end["label"], "description": end["label"], "default": []byte("false")}
	within := func(name string, fork bool) any {
		return repository.with(map[string]any{"full_name": name, "fork": fork})
	}
	ours := sampleOf(within("acme/api", false))
	return func(f *Forge, r Request) any {
		from := any(ours)
		if r.Fork {
			from = within(ownerOf(r)+"/api", true)
		}
		if r.Gone {
			from = nil
		}
		labels := []any{}
		for i, name := range r.Labels {
			labels = append(labels, label.with(map[string]any{"id": i + 1, "name": name}))
		}
		return like.with(map[string]any{
			"id": 1000 + r.Number, "number": r.Number, "title": r.Title, "draft": r.Draft,
			"state": state(r, "open", "closed"), "user": gitHubUser(user, r.Author),
			"labels": labels, "html_url": fmt.Sprintf("%s/pull/%d", f.URL, r.Number),
			"updated_at": r.Updated,
			"head":       end.with(map[string]any{"ref": r.Branch, "sha": r.SHA, "repo": from}),
			"base":       end.with(map[string]any{"ref": r.Target, "sha": "ba5e", "repo": ours}),
		})
	}
}

// remembered tells a request once, as long as it is the same: what GitHub tells
// of one is long, and is asked for over and over.
func remembered(tell func(*Forge, Request) any) func(*Forge, Request) any {
	known := map[string]json.RawMessage{}
	return func(f *Forge, r Request) any {
		version := fmt.Sprintf("%+v", r)
		if known[version] == nil {
			text, err := json.Marshal(tell(f, r))
			if err != nil {
				panic(err) // it is made of texts and numbers
			}
			known[version] = text
		}
		return known[version]
	}
}

func gitHubFiles(like sample) func(Request) []any {
	return func(r Request) []any {
		out := namedFiles(r)
		for i, told := range out {
			out[i] = like.with(told.(map[string]any))
		}
		return out
	}
}

// gitHubRef is a branch or a tag in a list, with the commit.
func gitHubRef(like sample) func(Ref) any {
	commit := like.part("commit")
	return func(r Ref) any {
		return like.with(map[string]any{"name": r.Name, "commit": commit.with(map[string]any{"sha": r.SHA})})
	}
}

// gitHubRefs is the endpoint of references one by one, with what they name.
func gitHubRefs(c *contract, kind string, at func(string, func(Ref) any) endpoint) endpoint {
	like := c.sample(http.MethodGet, "/repos/{owner}/{repo}/git/ref/{ref}", "ref")
	named := like.part("object")
	out := at("/git/ref/"+kind, func(r Ref) any {
		object := named.with(map[string]any{"type": "commit", "sha": r.object()})
		if r.Annotated {
			object["type"] = "tag"
		}
		return like.with(map[string]any{"ref": "refs/" + kind + "/" + r.Name, "object": object})
	})
	out.list = nil
	return out
}

// gitHubAnnotations is the endpoint of tags that are objects of their own.
func gitHubAnnotations(c *contract) endpoint {
	like := c.sample(http.MethodGet, "/repos/{owner}/{repo}/git/tags/{tag_sha}", "tag")
	named := like.part("object")
	return endpoint{path: "/git/tags", one: func(f *Forge, _ *http.Request, sha string) any {
		for _, tag := range f.tags {
			if tag.Annotated && tag.object() == sha {
				return like.with(map[string]any{"tag": tag.Name, "sha": sha, "object": named.with(map[string]any{"type": "commit", "sha": tag.SHA})})
			}
		}
		return nil
	}}
}
