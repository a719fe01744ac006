package github

import (
	"context"
	"errors"
	"net/url"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// React implements forge.Reactions.
//
// https://docs.github.com/en/rest/reactions/reactions#create-reaction-for-an-issue-comment
func (g *Repository) React(ctx context.Context, request, comment string) error {
	id, err := forge.Number(comment)
	if err == nil {
		_, _, err = g.client.Reactions.CreateIssueCommentReaction(ctx, g.owner, g.name, id, "+1")
	}
	return g.place.Told("reacting to a comment on", request, err)
}

// Unlabel implements forge.Unlabelled.
//
// https://docs.github.com/en/rest/issues/labels#remove-a-label-from-an-issue
func (g *Repository) Unlabel(ctx context.Context, request, label string) error {
	n, err := forge.Number(request)
	if err == nil {
		_, err = g.client.Issues.RemoveLabelForIssue(ctx, g.owner, g.name, int(n), url.PathEscape(label))
	}
	if errors.Is(err, transport.ErrNotFound) {
		return nil
	}
	return g.place.Told("taking the label away from", request, err)
}
