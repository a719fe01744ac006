package gitea

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// activity is something that was done in a repository.
type activity struct {
	Kind    string    `json:"op_type"`
	Ref     string    `json:"ref_name"`
	Created time.Time `json:"created"`
	// Content of a push is JSON, in a text.
	Content string `json:"content"`
}

// head is the commit that a push led to.
func (a activity) head() string {
	var push struct {
		HeadCommit struct {
			Sha1 string
		}
	}
	if a.Kind != "commit_repo" || json.Unmarshal([]byte(a.Content), &push) != nil {
		return ""
	}
	return push.HeadCommit.Sha1
}

// PushedAt implements forge.Pushes. The timeline of a request tells of pushes too, but
// changes what it told of earlier ones at each with force; the repository that was
// pushed to keeps all of them, if it may be seen. The newest come first.
//
// https://docs.gitea.com/api/ (repoListActivityFeeds)
func (g *Repository) PushedAt(ctx context.Context, item forge.Item) (time.Time, error) {
	owner, name, known := strings.Cut(item.Source, "/")
	if !known || item.Branch == "" {
		return time.Time{}, nil
	}
	const pages, size = 5, 50
	for page := 1; page <= pages; page++ {
		var done []activity
		err := g.getOf(ctx, []string{owner, name}, fmt.Sprintf("/activities/feeds?page=%d&limit=%d", page, size), &done)
		if errors.Is(err, transport.ErrNotFound) || errors.Is(err, transport.ErrForbidden) || page > 1 && errors.Is(err, transport.ErrNull) {
			return time.Time{}, nil // it is private, or behind the last page is null
		}
		if err != nil {
			return time.Time{}, g.place.Unread("when the head was pushed", item, err)
		}
		for _, one := range done {
			switch {
			case one.Ref != "refs/heads/"+item.Branch:
			case one.head() == item.SHA:
				return one.Created, nil
			default:
				return time.Time{}, nil // what was done last is about another commit
			}
		}
		if len(done) == 0 {
			break
		}
	}
	return time.Time{}, nil
}
