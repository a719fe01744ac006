package gitea

import (
	"context"
	"strconv"

	"code.gitea.io/sdk/gitea"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Reviews implements forge.Reviews. A review that is stale by now was of its commit
// all the same; a comment, or that one is asked for, changes nothing.
//
// https://docs.gitea.com/api/ (repoListPullReviews)
func (g *Repository) Reviews(ctx context.Context, item forge.Item) ([]forge.Review, error) {
	return g.place.ReviewsOf(ctx, item, func(ctx context.Context, at string) (forge.ReviewPage, error) {
		n, err := forge.Number(item.ID)
		if err != nil {
			return forge.ReviewPage{}, err
		}
		client, err := g.client(ctx)
		if err != nil {
			return forge.ReviewPage{}, err
		}
		reviews, resp, err := client.ListPullReviews(g.owner, g.name, n, gitea.ListPullReviewsOptions{
			ListOptions: gitea.ListOptions{Page: transport.Numbered(at), PageSize: transport.PageSize},
		})
		if err != nil {
			return forge.ReviewPage{}, err
		}
		if err := forge.Listed(reviews); err != nil {
			return forge.ReviewPage{}, err
		}
		out := forge.ReviewPage{Next: transport.Cursor(resp.NextPage), Total: totalOf(resp)}
		for _, one := range reviews {
			review := forge.Review{ID: strconv.FormatInt(one.ID, 10), SHA: one.CommitID, At: one.Submitted}
			if one.Reviewer != nil && (one.State == gitea.ReviewStateApproved || one.State == gitea.ReviewStateRequestChanges) {
				review.By = forge.Person{Login: one.Reviewer.UserName, ID: forge.Account(one.Reviewer.ID)}
				review.Withdrawn = one.Dismissed || one.State == gitea.ReviewStateRequestChanges
			}
			out.Items = append(out.Items, review)
		}
		return out, nil
	})
}
