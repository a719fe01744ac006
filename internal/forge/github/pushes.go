package github

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/go-github/v87/github"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// PushedAt implements forge.Pushes. The timeline of a request tells of commits only
// when they were written, which is their author's to say; when they were pushed, the
// repository tells that they were pushed to, if it may be seen.
//
// https://docs.github.com/en/rest/repos/repos#list-repository-activities
func (g *Repository) PushedAt(ctx context.Context, item forge.Item) (time.Time, error) {
	owner, name, known := strings.Cut(item.Source, "/")
	if !known || item.Branch == "" {
		return time.Time{}, nil
	}
	done, _, err := g.client.Repositories.ListRepositoryActivities(ctx, owner, name, &github.ListRepositoryActivityOptions{
		Ref: "refs/heads/" + item.Branch, Direction: "desc", PerPage: 1,
	})
	if errors.Is(err, transport.ErrNotFound) || errors.Is(err, transport.ErrForbidden) {
		return time.Time{}, nil // it is private
	}
	if err != nil {
		return time.Time{}, g.place.Unread("when the head was pushed", item, err)
	}
	if len(done) == 0 || done[0].After != item.SHA {
		return time.Time{}, nil
	}
	return done[0].Timestamp.GetTime().UTC(), nil
}
