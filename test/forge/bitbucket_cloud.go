package forge

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Mail is the account that an API token of Bitbucket Cloud belongs to.
const Mail = "ada@example.com"

// AccountID is the account of an author, who calls it what they like.
func AccountID(author string) string { return "557058:" + fmt.Sprintf("%x", whoIs(author)) }

// NewBitbucketCloud stands in for bitbucket.org and its API. Requests have no
// labels, and abbreviated commits.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-refs/
// https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination
// https://developer.atlassian.com/cloud/bitbucket/rest/intro/#filtering
func NewBitbucketCloud(t testing.TB) *Forge {
	return start(t, dialect{
		requestType: v1.InputProviderBitbucketPullRequest,
		branchType:  v1.InputProviderBitbucketBranch,
		tagType:     v1.InputProviderBitbucketTag,
		hosts:       []string{"bitbucket.org", "api.bitbucket.org"},
		repository:  "/acme/api",
		api:         "/2.0/repositories/acme/api",
		self:        map[string]any{"type": "repository", "uuid": "{5febef5a}", "full_name": "acme/api"},
		endpoints: []endpoint{
			cloudRequests(), cloudComparisons(), branchesAt("/refs/branches", cloudRef), tagsAt("/refs/tags", cloudRef),
		},
		tales: slices.Concat(cloudTales(), []tale{cloudChecks()}, cloudApprovals()),
		most:  100,
		also:  cloudRedirect,
		authorized: func(r *http.Request) bool {
			user, password, basic := r.BasicAuth()
			return r.Header.Get("Authorization") == "Bearer "+Token || basic && user == Mail && password == Token
		},
		page: func(r *http.Request) (int, int) {
			number, size := query(r, "page", "pagelen")
			if strings.HasSuffix(r.URL.Path, "/pullrequests") {
				size = min(size, 50)
			}
			return number, size
		},
		wrap: func(_ http.ResponseWriter, r *http.Request, p slice) any {
			body := map[string]any{"values": p.items, "pagelen": p.size, "page": p.number, "size": p.total}
			if p.number < p.last() {
				values := r.URL.Query()
				values.Set("page", fmt.Sprint(p.number+1))
				body["next"] = fmt.Sprintf("https://%s%s?%s", r.Host, r.URL.EscapedPath(), values.Encode())
			}
			return body
		},
		failure: func(message string) any {
			return map[string]any{"type": "error", "error": map[string]any{"message": message}}
		},
	})
}

// cloudRequests lists drafts only where they are asked for, and below each
// request its commits, the newest one first.
func cloudRequests() endpoint {
	at := requestsAt("/pullrequests", cloudRequest)
	at.list = func(f *Forge, r *http.Request) []any {
		var open []any
		for _, request := range f.requests {
			if !request.Closed && (!request.Draft || strings.Contains(r.URL.Query().Get("q"), "draft = true")) {
				open = append(open, cloudRequest(f, *request))
			}
		}
		return open
	}
	at.below = func(_ *Forge, _ http.ResponseWriter, _ *http.Request, of Request, rest string) any {
		if rest != "commits" {
			return nil
		}
		return map[string]any{"pagelen": 1, "values": []any{map[string]any{"type": "commit", "hash": of.SHA}}}
	}
	return at
}

var cloudDiffstat = regexp.MustCompile(`^(.*)/pullrequests/([0-9]+)/diffstat$`)

// cloudRedirect leads from the files of a request to the comparison of its
// commits.
func cloudRedirect(w http.ResponseWriter, r *http.Request) bool {
	parts := cloudDiffstat.FindStringSubmatch(r.URL.EscapedPath())
	if parts == nil {
		return false
	}
	redirect(w, http.StatusFound, parts[1]+"/diffstat/acme/api:c0ffee%0Dba5e?from_pullrequest_id="+parts[2]+"&topic=true")
	return true
}

// cloudComparisons are the files between two commits, here those of a request.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commits/#api-repositories-workspace-repo-slug-diffstat-spec-get
func cloudComparisons() endpoint {
	return endpoint{path: "/diffstat", one: func(f *Forge, r *http.Request, _ string) any {
		request := f.request(r.URL.Query().Get("from_pullrequest_id"))
		if request == nil {
			return nil
		}
		all := []any{}
		for _, one := range filesOf(*request) {
			all = append(all, map[string]any{
				"type": "diffstat", "status": "modified",
				"old": map[string]any{"path": or(one.from, one.path)}, "new": map[string]any{"path": one.path},
			})
		}
		return f.paged(nil, r, all)
	}}
}

func cloudRequest(f *Forge, r Request) any {
	lifecycle := state(r, "OPEN", "DECLINED")
	if r.Merged {
		lifecycle = "MERGED"
	}
	from := "acme/api"
	if r.Fork {
		from = ownerOf(r) + "/api"
	}
	end := func(repository, branch, sha string) any {
		return map[string]any{
			"repository": map[string]any{"full_name": repository}, "branch": map[string]any{"name": branch},
			"commit": map[string]any{"hash": sha[:min(len(sha), 12)]},
		}
	}
	return map[string]any{
		"type": "pullrequest", "id": r.Number, "title": r.Title, "draft": r.Draft, "state": lifecycle,
		"author": cloudUser(r.Author), "participants": cloudParticipants(f, r.Number),
		"source":      end(from, r.Branch, r.SHA),
		"destination": end("acme/api", r.Target, "ba5e"),
		"updated_on":  r.Updated,
		"links":       map[string]any{"html": map[string]any{"href": fmt.Sprintf("%s/pull-requests/%d", f.URL, r.Number)}},
	}
}

// cloudRef is a branch or a tag with its commit.
func cloudRef(r Ref) any {
	return map[string]any{"name": r.Name, "target": map[string]any{"type": "commit", "hash": r.SHA}}
}
