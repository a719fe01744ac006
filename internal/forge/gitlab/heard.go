package gitlab

import (
	"context"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
)

// React implements forge.Reactions. One that is there already GitLab refuses.
//
// https://docs.gitlab.com/api/emoji_reactions/#add-a-new-emoji-reaction-to-a-comment
func (g *Project) React(ctx context.Context, request, comment string) error {
	return g.place.Told("reacting to a comment on", request, g.react(ctx, request, comment))
}

func (g *Project) react(ctx context.Context, request, comment string) error {
	n, err := forge.Number(request)
	if err != nil {
		return err
	}
	id, err := forge.Number(comment)
	if err != nil {
		return err
	}
	_, _, err = g.client.AwardEmoji.CreateMergeRequestAwardEmojiOnNote(g.path, n, id, &gitlab.CreateAwardEmojiOptions{Name: "thumbsup"}, gitlab.WithContext(ctx))
	if err != nil && strings.Contains(err.Error(), "already been taken") {
		return nil
	}
	return err
}

// Unlabel implements forge.Unlabelled.
//
// https://docs.gitlab.com/api/merge_requests/#update-mr
func (g *Project) Unlabel(ctx context.Context, request, label string) error {
	n, err := forge.Number(request)
	if err == nil {
		_, _, err = g.client.MergeRequests.UpdateMergeRequest(g.path, n, &gitlab.UpdateMergeRequestOptions{
			RemoveLabels: (*gitlab.LabelOptions)(&[]string{label}),
		}, gitlab.WithContext(ctx))
	}
	return g.place.Told("taking the label away from", request, err)
}
