package codecommit

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"

	"github.com/eddy-previews/eddy/internal/forge"
)

// personOf is somebody, by what of their ARN they cannot choose.
func personOf(arn string) forge.Person {
	return forge.Person{Login: strings.Trim(arnLogin(arn), forge.Unnamed)}
}

// Reviews implements forge.Reviews. An approval is of a revision, which the next push
// ends.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetPullRequestApprovalStates.html
func (c *Repository) Reviews(ctx context.Context, item forge.Item) ([]forge.Review, error) {
	reviews, err := c.reviews(ctx, item)
	return reviews, c.place.Unread("the approvals", item, err)
}

func (c *Repository) reviews(ctx context.Context, item forge.Item) ([]forge.Review, error) {
	if _, err := forge.Number(item.ID); err != nil {
		return nil, err
	}
	found, err := c.client.GetPullRequest(ctx, &codecommit.GetPullRequestInput{PullRequestId: &item.ID})
	if err != nil {
		return nil, err
	}
	request := forge.Value(found.PullRequest)
	target, err := c.target(request)
	if err != nil || aws.ToString(target.SourceCommit) != item.SHA {
		return nil, err // of another commit there may be some
	}
	states, err := c.client.GetPullRequestApprovalStates(ctx, &codecommit.GetPullRequestApprovalStatesInput{
		PullRequestId: &item.ID, RevisionId: request.RevisionId,
	})
	if err != nil {
		return nil, err
	}
	var out []forge.Review
	for _, one := range states.Approvals {
		if one.ApprovalState == types.ApprovalStateApprove {
			arn := aws.ToString(one.UserArn)
			out = append(out, forge.Review{ID: aws.ToString(request.RevisionId) + " by " + arn, By: personOf(arn), SHA: item.SHA})
		}
	}
	return forge.Standing(out), nil
}
