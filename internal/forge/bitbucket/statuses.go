package bitbucket

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"

	"github.com/eddy-previews/eddy/internal/forge"
)

const (
	// maxKey is how long the key of a status may be.
	maxKey = 40
	// maxDescription is how much of a description is told, in letters.
	maxDescription = 200
)

// build is what is said of a commit; both APIs call it the status of a build. What has
// the same key is replaced.
type build struct {
	Key         string `json:"key"`
	State       string `json:"state"`
	Name        string `json:"name"`
	URL         string `json:"url"`
	Description string `json:"description"`
}

// buildOf says a status as a build. It has to lead somewhere.
func buildOf(s forge.Status, page string, over string) (build, error) {
	state, err := s.State.In(map[forge.State]string{
		forge.Pending: "INPROGRESS", forge.Success: "SUCCESSFUL", forge.Failure: "FAILED", forge.Over: over,
	})
	out := build{
		Key: s.Name, State: state, Name: s.Name, URL: cmp.Or(s.URL, s.Page, page), Description: forge.Cut(s.Description, maxDescription),
	}
	if len(out.Key) > maxKey {
		out.Key = fmt.Sprintf("%x", sha256.Sum256([]byte(s.Name)))[:maxKey]
	}
	return out, err
}

// SetStatus implements forge.Statuses.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/#api-repositories-workspace-repo-slug-commit-commit-statuses-build-post
func (c *Cloud) SetStatus(ctx context.Context, s forge.Status) error {
	said, err := buildOf(s, c.place.String(), "STOPPED")
	if err == nil {
		err = c.client.tell(ctx, telling{http.MethodPost, c.api + "/commit/" + url.PathEscape(s.SHA) + "/statuses/build", said}, nil)
	}
	return c.place.Told("setting the status of the commit of", s.Request, err)
}

// SetStatus implements forge.Statuses. What is over has no word that servers before
// 8.0 know, and a commit that was right stays so.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-builds-and-deployments/#api-api-latest-projects-projectkey-repos-repositoryslug-commits-commitid-builds-post
func (s *Server) SetStatus(ctx context.Context, said forge.Status) error {
	if said.State == forge.Over {
		return nil
	}
	one, err := buildOf(said, s.place.String(), "")
	if err == nil {
		err = s.client.tell(ctx, telling{http.MethodPost, s.api + "/commits/" + url.PathEscape(said.SHA) + "/builds", one}, nil)
	}
	return s.place.Told("setting the status of the commit of", said.Request, err)
}
