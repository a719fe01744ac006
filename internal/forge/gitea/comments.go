package gitea

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"code.gitea.io/sdk/gitea"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Markdown implements forge.Comments. A comment has no bound of its own.
func (g *Repository) Markdown() forge.Markdown {
	return forge.Markdown{Hides: true, Folds: true, Tables: true, Most: 60_000}
}

// Comments implements forge.Comments. The server gives all of them at once, and has
// no pages for them.
//
// https://docs.gitea.com/api/ (issueGetComments)
func (g *Repository) Comments(ctx context.Context, request, holding string) ([]forge.Comment, error) {
	return g.place.CommentsHolding(ctx, holding, func(ctx context.Context, _ string) (forge.CommentPage, error) {
		var comments []struct {
			ID      int64     `json:"id"`
			Body    string    `json:"body"`
			User    user      `json:"user"`
			Created time.Time `json:"created_at"`
			Updated time.Time `json:"updated_at"`
		}
		n, err := forge.Number(request)
		if err != nil {
			return forge.CommentPage{}, err
		}
		if err := g.get(ctx, "/issues/"+strconv.FormatInt(n, 10)+"/comments", &comments); err != nil {
			return forge.CommentPage{}, err
		}
		if comments == nil {
			return forge.CommentPage{}, transport.ErrNotAList
		}
		out := forge.CommentPage{}
		for _, one := range comments {
			out.Items = append(out.Items, forge.Comment{
				ID: strconv.FormatInt(one.ID, 10), Text: one.Body, By: one.User.person(), At: one.Created, Edited: !one.Updated.Equal(one.Created),
			})
		}
		return out, nil
	})
}

// get asks what the SDK does not ask without parameters that the server has not.
func (g *Repository) get(ctx context.Context, path string, into any) error {
	return g.getOf(ctx, []string{g.owner, g.name}, path, into)
}

// getOf asks it of another repository, OWNER and NAME.
func (g *Repository) getOf(ctx context.Context, of []string, path string, into any) error {
	address := forge.URL{Base: g.base + "/api/v1", Path: append([]string{"repos"}, of...)}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String()+path, nil)
	if err != nil {
		return err
	}
	if g.token != "" {
		req.Header.Set("Authorization", "token "+g.token)
	}
	_, err = transport.Do(g.http, req, into)
	return err
}

// Comment implements forge.Comments.
func (g *Repository) Comment(ctx context.Context, request, text string) (string, error) {
	id, err := g.comment(ctx, request, text)
	return id, g.place.Told("commenting on", request, err)
}

func (g *Repository) comment(ctx context.Context, request, text string) (string, error) {
	n, err := forge.Number(request)
	if err != nil {
		return "", err
	}
	client, err := g.client(ctx)
	if err != nil {
		return "", err
	}
	made, _, err := client.CreateIssueComment(g.owner, g.name, n, gitea.CreateIssueCommentOption{Body: text})
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(made.ID, 10), forge.Exists(made.ID)
}

// Recomment implements forge.Comments.
func (g *Repository) Recomment(ctx context.Context, request string, comment forge.Comment) error {
	return g.place.Told("changing the comment on", request, g.recomment(ctx, comment))
}

func (g *Repository) recomment(ctx context.Context, comment forge.Comment) error {
	id, err := forge.Number(comment.ID)
	if err != nil {
		return err
	}
	client, err := g.client(ctx)
	if err != nil {
		return err
	}
	_, resp, err := client.EditIssueComment(g.owner, g.name, id, gitea.EditIssueCommentOption{Body: comment.Text})
	if resp != nil && resp.Response != nil && resp.StatusCode == http.StatusNoContent { // it is none of a person
		return &transport.Error{What: "204 No Content", Kind: transport.ErrNotFound}
	}
	return err
}

// Uncomment implements forge.Comments.
func (g *Repository) Uncomment(ctx context.Context, request, id string) error {
	return g.place.Told("taking away a comment on", request, g.uncomment(ctx, id))
}

func (g *Repository) uncomment(ctx context.Context, id string) error {
	n, err := forge.Number(id)
	if err != nil {
		return err
	}
	client, err := g.client(ctx)
	if err != nil {
		return err
	}
	_, err = client.DeleteIssueComment(g.owner, g.name, n)
	return err
}
