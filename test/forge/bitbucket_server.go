package forge

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// NewBitbucketServer returns a Bitbucket Data Center below a path, as some are,
// that gives 40 items a page at most (page.max.*). Requests have no labels.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-repository/
// https://developer.atlassian.com/server/bitbucket/rest/v906/intro/#paged-apis
func NewBitbucketServer(t testing.TB) *Forge {
	return start(t, dialect{
		requestType: v1.InputProviderBitbucketPullRequest,
		branchType:  v1.InputProviderBitbucketBranch,
		tagType:     v1.InputProviderBitbucketTag,
		repository:  "/bitbucket/projects/SHOP/repos/api",
		api:         "/bitbucket/rest/api/1.0/projects/SHOP/repos/api",
		self:        map[string]any{"id": 1, "slug": "api", "project": map[string]any{"key": "SHOP"}},
		endpoints: []endpoint{
			serverRequests(), branchesAt("/branches", serverRef("refs/heads/")), tagsAt("/tags", serverRef("refs/tags/")),
		},
		tales:      slices.Concat(serverTales(), []tale{serverCheck()}, serverApprovals()),
		beside:     []tale{serverChecks()},
		most:       40,
		authorized: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+Token },
		page: func(r *http.Request) (int, int) {
			_, size := query(r, "", "limit")
			size = min(size, 40)
			from, _ := strconv.Atoi(r.URL.Query().Get("start"))
			return from/size + 1, size
		},
		wrap: func(_ http.ResponseWriter, _ *http.Request, p slice) any {
			body := map[string]any{
				"values": p.items, "size": len(p.items), "limit": p.size, "start": (p.number - 1) * p.size,
				"isLastPage": p.number >= p.last(), "nextPageStart": nil,
			}
			if p.number < p.last() {
				body["nextPageStart"] = p.number * p.size
			}
			return body
		},
		failure: func(message string) any {
			return map[string]any{"errors": []any{map[string]any{"context": nil, "message": message, "exceptionName": "com.atlassian.bitbucket.NoSuchObjectException"}}}
		},
	})
}

// serverRequests tells the files of a request on one page, or not all of them.
func serverRequests() endpoint {
	at := requestsAt("/pull-requests", serverRequest)
	at.below = func(_ *Forge, _ http.ResponseWriter, r *http.Request, of Request, rest string) any {
		if rest != "changes" {
			return nil
		}
		_, size := query(r, "", "limit")
		all := []any{}
		for _, one := range filesOf(of) {
			told := map[string]any{"type": "MODIFY", "path": map[string]any{"toString": one.path}}
			if one.from != "" {
				told["type"], told["srcPath"] = "MOVE", map[string]any{"toString": one.from}
			}
			all = append(all, told)
		}
		page := all[:min(len(all), size, 1000)]
		return map[string]any{"values": page, "size": len(page), "limit": size, "start": 0, "isLastPage": len(page) == len(all), "nextPageStart": nil}
	}
	return at
}

func serverRequest(f *Forge, r Request) any {
	lifecycle := state(r, "OPEN", "DECLINED")
	if r.Merged {
		lifecycle = "MERGED"
	}
	end := func(repository int, branch, sha string) any {
		return map[string]any{
			"id": "refs/heads/" + branch, "displayId": branch, "latestCommit": sha,
			"repository": map[string]any{"id": repository, "slug": "api"},
		}
	}
	return map[string]any{
		"id": r.Number, "title": r.Title, "draft": r.Draft, "state": lifecycle, "open": !r.Closed, "closed": r.Closed,
		"author":      map[string]any{"user": serverUser(r.Author)},
		"fromRef":     end(fork(r), r.Branch, r.SHA),
		"toRef":       end(1, r.Target, "ba5e"),
		"updatedDate": r.Updated.UnixMilli(),
		"links":       map[string]any{"self": []any{map[string]any{"href": fmt.Sprintf("%s/pull-requests/%d", f.URL, r.Number)}}},
	}
}

// serverRef tells branches and tags: the commit, and of a tag the object too.
func serverRef(prefix string) func(Ref) any {
	return func(r Ref) any {
		return map[string]any{"id": prefix + r.Name, "displayId": r.Name, "latestCommit": r.SHA, "hash": r.object()}
	}
}
