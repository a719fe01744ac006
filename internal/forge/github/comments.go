package github

import (
	"context"
	"strconv"

	"github.com/google/go-github/v87/github"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Markdown implements forge.Comments.
func (g *Repository) Markdown() forge.Markdown {
	return forge.Markdown{Hides: true, Folds: true, Tables: true, Most: 60_000}
}

// Comments implements forge.Comments. They come in the order of their ids.
//
// https://docs.github.com/en/rest/issues/comments#list-issue-comments
func (g *Repository) Comments(ctx context.Context, request, holding string) ([]forge.Comment, error) {
	return g.place.CommentsHolding(ctx, holding, func(ctx context.Context, at string) (forge.CommentPage, error) {
		n, err := forge.Number(request)
		if err != nil {
			return forge.CommentPage{}, err
		}
		comments, resp, err := g.client.Issues.ListComments(ctx, g.owner, g.name, int(n), &github.IssueListCommentsOptions{
			ListOptions: github.ListOptions{Page: transport.Numbered(at), PerPage: transport.PageSize},
		})
		if err != nil {
			return forge.CommentPage{}, err
		}
		if err := forge.Listed(comments); err != nil {
			return forge.CommentPage{}, err
		}
		out := forge.CommentPage{Number: transport.Numbered(at), Next: transport.Cursor(resp.NextPage)}
		for _, one := range comments {
			out.Items = append(out.Items, forge.Comment{
				ID: strconv.FormatInt(one.GetID(), 10), Text: one.GetBody(), By: personOf(one.GetUser()),
				At: one.GetCreatedAt().Time, Edited: !one.GetUpdatedAt().Equal(one.GetCreatedAt()),
			})
		}
		return out, nil
	})
}

// Comment implements forge.Comments.
//
// https://docs.github.com/en/rest/issues/comments#create-an-issue-comment
func (g *Repository) Comment(ctx context.Context, request, text string) (string, error) {
	id, err := g.comment(ctx, request, text)
	return id, g.place.Told("commenting on", request, err)
}

func (g *Repository) comment(ctx context.Context, request, text string) (string, error) {
	n, err := forge.Number(request)
	if err != nil {
		return "", err
	}
	made, _, err := g.client.Issues.CreateComment(ctx, g.owner, g.name, int(n), &github.IssueComment{Body: &text})
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(made.GetID(), 10), forge.Exists(made.GetID())
}

// Recomment implements forge.Comments.
//
// https://docs.github.com/en/rest/issues/comments#update-an-issue-comment
func (g *Repository) Recomment(ctx context.Context, request string, comment forge.Comment) error {
	id, err := forge.Number(comment.ID)
	if err == nil {
		_, _, err = g.client.Issues.EditComment(ctx, g.owner, g.name, id, &github.IssueComment{Body: &comment.Text})
	}
	return g.place.Told("changing the comment on", request, err)
}

// Uncomment implements forge.Comments.
//
// https://docs.github.com/en/rest/issues/comments#delete-an-issue-comment
func (g *Repository) Uncomment(ctx context.Context, request, id string) error {
	n, err := forge.Number(id)
	if err == nil {
		_, err = g.client.Issues.DeleteComment(ctx, g.owner, g.name, n)
	}
	return g.place.Told("taking away a comment on", request, err)
}
