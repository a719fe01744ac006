package gitea

import (
	"context"
	"fmt"

	"github.com/eddy-previews/eddy/internal/forge"
)

// React implements forge.Reactions.
//
// https://docs.gitea.com/api/ (issuePostCommentReaction)
func (g *Repository) React(ctx context.Context, request, comment string) error {
	return g.place.Told("reacting to a comment on", request, g.react(ctx, comment))
}

func (g *Repository) react(ctx context.Context, comment string) error {
	id, err := forge.Number(comment)
	if err != nil {
		return err
	}
	client, err := g.client(ctx)
	if err != nil {
		return err
	}
	_, _, err = client.PostIssueCommentReaction(g.owner, g.name, id, "+1")
	return err
}

// Unlabel implements forge.Unlabelled. The server knows a label by its number.
//
// https://docs.gitea.com/api/ (issueGetLabels, issueRemoveLabel)
func (g *Repository) Unlabel(ctx context.Context, request, label string) error {
	return g.place.Told("taking the label away from", request, g.unlabel(ctx, request, label))
}

func (g *Repository) unlabel(ctx context.Context, request, label string) error {
	n, err := forge.Number(request)
	if err != nil {
		return err
	}
	client, err := g.client(ctx)
	if err != nil {
		return err
	}
	var labels []struct { // of which the server gives all at once
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	if err := g.get(ctx, fmt.Sprintf("/issues/%d/labels", n), &labels); err != nil {
		return err
	}
	for _, one := range labels {
		if one.Name != label {
			continue
		}
		if _, err := client.DeleteIssueLabel(g.owner, g.name, n, one.ID); err != nil {
			return err
		}
	}
	return nil
}
