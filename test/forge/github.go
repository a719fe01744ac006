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
func NewGitHub(t testing.TB) *Forge {
	return start(t, dialect{
		providerType: v1.InputProviderGitHubPullRequest,
		repository:   "/acme/api",
		requests:     "/api/v3/repos/acme/api/pulls",
		most:         100,
		etags:        true,
		authorized:   func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+Token },
		page:         func(r *http.Request) (int, int) { return query(r, "page", "per_page") },
		listed:       gitHubRequest,
		single:       gitHubRequest,
		below: func(f *Forge, w http.ResponseWriter, r *http.Request, of Request, rest string) any {
			if rest != "files" {
				return nil
			}
			return f.paged(w, r, namedFiles(of))
		},
		wrap: func(w http.ResponseWriter, r *http.Request, p slice) any {
			if next := link(r, p); next != "" {
				w.Header().Set("Link", next)
			}
			return p.items
		},
		failure: func(message string) any {
			return map[string]any{"message": message, "documentation_url": "https://docs.github.com/rest"}
		},
	})
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
