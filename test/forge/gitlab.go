package forge

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// NewGitLab returns a GitLab server with a project in a subgroup.
//
// https://docs.gitlab.com/api/merge_requests/
// https://docs.gitlab.com/api/branches/
// https://docs.gitlab.com/api/tags/
// https://docs.gitlab.com/api/environments/
// https://docs.gitlab.com/api/deployments/
func NewGitLab(t testing.TB) *Forge {
	return start(t, dialect{
		requestType: v1.InputProviderGitLabMergeRequest,
		branchType:  v1.InputProviderGitLabBranch,
		tagType:     v1.InputProviderGitLabTag,
		repository:  "/acme/platform/api",
		api:         "/api/v4/projects/acme%2Fplatform%2Fapi",
		self:        map[string]any{"id": 1, "path_with_namespace": "acme/platform/api"},
		endpoints: []endpoint{
			gitLabRequests(),
			branchesAt("/repository/branches", gitLabRef), tagsAt("/repository/tags", gitLabRef),
			gitLabEnvironments(), gitLabDeployments(),
		},
		tales:      slices.Concat(gitLabTales(), gitLabHeard(), gitLabChecks(), gitLabApprovals()),
		beside:     gitLabBeside(),
		most:       100,
		etags:      true,
		authorized: func(r *http.Request) bool { return r.Header.Get("Private-Token") == Token },
		page:       func(r *http.Request) (int, int) { return query(r, "page", "per_page") },
		wrap: func(w http.ResponseWriter, r *http.Request, p slice) any {
			w.Header().Set("X-Total", strconv.Itoa(p.total))
			w.Header().Set("X-Page", strconv.Itoa(p.number))
			if p.number < p.last() {
				w.Header().Set("X-Next-Page", strconv.Itoa(p.number+1))
			}
			if next := link(r, p); next != "" {
				w.Header().Set("Link", next)
			}
			return p.items
		},
		failure: func(message string) any { return map[string]any{"message": message} },
	})
}

func gitLabRequest(f *Forge, r Request) map[string]any {
	labels := r.Labels
	if labels == nil {
		labels = []string{}
	}
	lifecycle := state(r, "opened", "closed")
	if r.Merged {
		lifecycle = "merged"
	}
	return map[string]any{
		"id": 1000 + r.Number, "iid": r.Number, "title": r.Title, "draft": r.Draft, "state": lifecycle,
		"author": gitLabUser(r.Author), "labels": labels,
		"web_url": fmt.Sprintf("%s/-/merge_requests/%d", f.URL, r.Number), "updated_at": r.Updated,
		"source_branch": r.Branch, "target_branch": r.Target, "sha": r.SHA,
		"source_project_id": fork(r), "target_project_id": 1,
	}
}

// gitLabRequests tells of a request by itself how many files it changes.
func gitLabRequests() endpoint {
	out := requestsAt("/merge_requests", func(f *Forge, r Request) any { return gitLabRequest(f, r) }).filesAt("diffs", gitLabDiffs)
	out.one = func(f *Forge, _ *http.Request, key string) any {
		r := f.request(key)
		if r == nil {
			return nil
		}
		out := gitLabRequest(f, *r)
		if !r.NoMerge { // the commits are compared
			out["changes_count"] = changesCount(*r)
		}
		out["head_pipeline"] = f.headPipeline(r.Number)
		return out
	}
	return out
}

// gitLabRef is a branch or a tag; target is the object of an annotated tag.
func gitLabRef(r Ref) any {
	return map[string]any{"name": r.Name, "target": r.object(), "commit": map[string]any{"id": r.SHA}}
}

// gitLabMostFiles is how many files GitLab tells of a merge request.
const gitLabMostFiles = 1000

func changesCount(r Request) string {
	if len(r.Files) > gitLabMostFiles {
		return strconv.Itoa(gitLabMostFiles) + "+"
	}
	return strconv.Itoa(len(r.Files))
}

func gitLabDiffs(r Request) []any {
	out := []any{}
	for _, one := range filesOf(r) {
		old := one.from
		if old == "" {
			old = one.path
		}
		out = append(out, map[string]any{"new_path": one.path, "old_path": old, "renamed_file": one.from != "", "diff": "@@"})
	}
	return out
}
