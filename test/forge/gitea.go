package forge

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// giteaContract is what Gitea says of its API.
var giteaContract = sync.OnceValue(func() *contract {
	return load("gitea", "swagger.json", func(openapi3.Schemas) excuses {
		// Errors are not described but by their status, if at all. The server
		// writes this, see services/context/api.go.
		failure := openapi3.NewObjectSchema().WithoutAdditionalProperties().WithProperties(map[string]*openapi3.Schema{
			"message": openapi3.NewStringSchema(), "url": openapi3.NewStringSchema(),
			"errors": openapi3.NewArraySchema().WithItems(openapi3.NewStringSchema()).WithNullable(),
		})
		return excuses{
			// The names of branches and tags are all that is left of a path, see
			// routers/api/v1/api.go.
			slashes: []string{"branch", "tag"},
			statuses: map[int]*openapi3.Schema{
				http.StatusUnauthorized: failure, http.StatusForbidden: failure, http.StatusNotFound: failure,
			},
		}
	}).below("/git/api/v1")
})

// NewGitea returns a Gitea server, below a path as some are, whose pages hold
// 50 items at most (MAX_RESPONSE_ITEMS).
//
// https://docs.gitea.com/api/ (repoListPullRequests, repoGetPullRequest,
// repoListBranches, repoGetBranch, repoListTags, repoGetTag)
func NewGitea(t testing.TB) *Forge {
	return start(t, dialect{
		contract:    giteaContract(),
		requestType: v1.InputProviderGiteaPullRequest,
		branchType:  v1.InputProviderGiteaBranch,
		tagType:     v1.InputProviderGiteaTag,
		repository:  "/git/acme/api",
		api:         "/git/api/v1/repos/acme/api",
		self:        map[string]any{"id": 1, "full_name": "acme/api"},
		endpoints: []endpoint{
			requestsAt("/pulls", giteaRequest).filesAt("files", namedFiles), branchesAt("/branches", giteaBranch), tagsAt("/tags", giteaTag),
		},
		tales:      slices.Concat(giteaTales(), giteaHeard(), []tale{giteaChecks()}, giteaApprovals()),
		beside:     giteaBeside(),
		most:       50,
		authorized: func(r *http.Request) bool { return r.Header.Get("Authorization") == "token "+Token },
		page:       func(r *http.Request) (int, int) { return query(r, "page", "limit") },
		wrap: func(w http.ResponseWriter, r *http.Request, p slice) any {
			w.Header().Set("X-Total-Count", strconv.Itoa(p.total))
			if next := link(r, p); next != "" {
				w.Header().Set("Link", next)
			}
			return p.items
		},
		failure: func(message string) any { return map[string]any{"message": message, "url": "/api/swagger"} },
	})
}

func giteaRequest(f *Forge, r Request) any {
	return map[string]any{
		"id": 1000 + r.Number, "number": r.Number, "title": r.Title, "draft": r.Draft, "merged": r.Merged,
		"state": state(r, "open", "closed"), "user": giteaUser(r.Author),
		"labels": names(r.Labels), "html_url": fmt.Sprintf("%s/pulls/%d", f.URL, r.Number),
		"updated_at": r.Updated,
		"head":       map[string]any{"ref": r.Branch, "sha": r.SHA, "repo_id": fork(r), "repo": map[string]any{"id": fork(r), "full_name": ownerOf(r) + "/api"}},
		"base":       map[string]any{"ref": r.Target, "sha": "ba5e", "repo_id": 1},
	}
}

func state(r Request, open, closed string) string {
	if r.Closed {
		open = closed
	}
	return or(r.State, open)
}

// fork is the number of the repository that the branch is in; 1 is the forge's own.
func fork(r Request) int {
	if r.Fork {
		return 2
	}
	return 1
}

// ownerOf is whose repository that is.
func ownerOf(r Request) string {
	if r.Fork {
		return loginOf(r.Author)
	}
	return "acme"
}

// names are labels as objects.
func names(labels []string) []map[string]any {
	out := []map[string]any{}
	for i, label := range labels {
		out = append(out, map[string]any{"id": i + 1, "name": label})
	}
	return out
}

func giteaBranch(r Ref) any {
	return map[string]any{"name": r.Name, "commit": map[string]any{"id": r.SHA, "message": "Change"}, "protected": false}
}

// giteaTag has the object in id, and the commit apart.
func giteaTag(r Ref) any {
	return map[string]any{"name": r.Name, "id": r.object(), "commit": map[string]any{"sha": r.SHA}}
}

// giteaTales are comments, of which all are listed at once, and statuses.
//
// https://docs.gitea.com/api/ (issueGetComments, issueCreateComment, issueEditComment,
// repoCreateStatus)
func giteaTales() []tale {
	tell := func(_ *Forge, one Comment) any {
		return map[string]any{"id": one.ID, "body": one.Text, "user": giteaUser(one.Author), "created_at": one.At, "updated_at": one.changed()}
	}
	return []tale{
		{http.MethodGet, "/issues/*/comments", on(func(f *Forge, _ telling, number int) (int, any) {
			all := []any{}
			for _, one := range f.commentsOn(number) {
				all = append(all, tell(f, *one))
			}
			return http.StatusOK, all
		})},
		{http.MethodPost, "/issues/*/comments", on(said("body", tell))},
		{http.MethodPatch, "/issues/comments/*", about(0, resaid("body", tell))},
		{http.MethodDelete, "/issues/comments/*", about(0, unsaid(http.StatusNoContent))},
		{http.MethodPost, "/statuses/*", func(f *Forge, t telling) (int, any) {
			one := CommitStatus{SHA: t.parts[0], Name: t.text("context"), State: t.text("state"), Description: t.text("description"), URL: t.text("target_url")}
			f.told.statuses = append(f.told.statuses, one)
			return http.StatusCreated, map[string]any{"id": f.give(), "context": one.Name, "status": one.State, "description": one.Description}
		}},
	}
}
