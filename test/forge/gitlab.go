package forge

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// NewGitLab returns a GitLab server with a project in a subgroup.
//
// https://docs.gitlab.com/api/merge_requests/
func NewGitLab(t testing.TB) *Forge {
	return start(t, dialect{
		providerType: v1.InputProviderGitLabMergeRequest,
		repository:   "/acme/platform/api",
		requests:     "/api/v4/projects/acme%2Fplatform%2Fapi/merge_requests",
		most:         100,
		etags:        true,
		authorized:   func(r *http.Request) bool { return r.Header.Get("Private-Token") == Token },
		page:         func(r *http.Request) (int, int) { return query(r, "page", "per_page") },
		listed:       func(f *Forge, r Request) any { return gitLabRequest(f, r) },
		single: func(f *Forge, r Request) any {
			out := gitLabRequest(f, r)
			if !r.NoMerge { // the commits are compared
				out["changes_count"] = changesCount(r)
			}
			return out
		},
		below: func(f *Forge, w http.ResponseWriter, r *http.Request, of Request, rest string) any {
			if rest != "diffs" {
				return nil
			}
			return f.paged(w, r, gitLabDiffs(of))
		},
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
		"author": map[string]any{"username": r.Author, "name": "Ada Lovelace"}, "labels": labels,
		"web_url": fmt.Sprintf("%s/-/merge_requests/%d", f.URL, r.Number), "updated_at": r.Updated,
		"source_branch": r.Branch, "target_branch": r.Target, "sha": r.SHA,
		"source_project_id": fork(r), "target_project_id": 1,
	}
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
