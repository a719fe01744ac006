package github

import (
	"context"
	"strconv"

	"github.com/google/go-github/v87/github"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Reviews implements forge.Reviews. One that is dismissed says so in its own place; a
// comment changes nothing.
//
// https://docs.github.com/en/rest/pulls/reviews#list-reviews-for-a-pull-request
func (g *Repository) Reviews(ctx context.Context, item forge.Item) ([]forge.Review, error) {
	return g.place.ReviewsOf(ctx, item, func(ctx context.Context, at string) (forge.ReviewPage, error) {
		n, err := forge.Number(item.ID)
		if err != nil {
			return forge.ReviewPage{}, err
		}
		reviews, resp, err := g.client.PullRequests.ListReviews(ctx, g.owner, g.name, int(n), &github.ListOptions{
			Page: transport.Numbered(at), PerPage: transport.PageSize,
		})
		if err != nil {
			return forge.ReviewPage{}, err
		}
		if err := forge.Listed(reviews); err != nil {
			return forge.ReviewPage{}, err
		}
		out := forge.ReviewPage{Number: transport.Numbered(at), Next: transport.Cursor(resp.NextPage)}
		for _, one := range reviews {
			review := forge.Review{ID: strconv.FormatInt(one.GetID(), 10), SHA: one.GetCommitID(), At: one.GetSubmittedAt().Time}
			switch one.GetState() {
			case "APPROVED":
				review.By = personOf(one.GetUser())
			case "CHANGES_REQUESTED", "DISMISSED":
				review.By, review.Withdrawn = personOf(one.GetUser()), true
			}
			out.Items = append(out.Items, review)
		}
		return out, nil
	})
}

// personOf is nobody where GitHub does not say who it was.
func personOf(user *github.User) forge.Person {
	return forge.Person{Login: user.GetLogin(), ID: forge.Account(user.GetID()), Bot: user.GetType() == "Bot"}
}
