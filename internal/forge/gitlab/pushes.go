package gitlab

import (
	"context"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
)

// PushedAt implements forge.Pushes: GitLab makes a version of a merge request for each
// push, and lists the newest first.
//
// https://docs.gitlab.com/api/merge_requests/#get-merge-request-diff-versions
func (g *Project) PushedAt(ctx context.Context, item forge.Item) (time.Time, error) {
	n, err := forge.Number(item.ID)
	if err != nil {
		return time.Time{}, err
	}
	versions, _, err := g.client.MergeRequests.GetMergeRequestDiffVersions(g.path, n, nil, gitlab.WithContext(ctx))
	if err == nil {
		err = forge.Listed(versions)
	}
	if err != nil {
		return time.Time{}, g.place.Unread("its versions", item, err)
	}
	var newest *gitlab.MergeRequestDiffVersion
	for _, one := range versions {
		if newest == nil || one.ID > newest.ID {
			newest = one
		}
	}
	if newest == nil || newest.HeadCommitSHA != item.SHA {
		return time.Time{}, nil
	}
	return forge.Value(newest.CreatedAt), nil
}
