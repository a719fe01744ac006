package codecommit

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Markdown implements forge.Comments. A comment may have 10,240 characters.
func (c *Repository) Markdown() forge.Markdown { return forge.Markdown{Most: 10_000} }

// Comments implements forge.Comments. What people have said of lines of the code is
// among it.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetCommentsForPullRequest.html
func (c *Repository) Comments(ctx context.Context, request, holding string) ([]forge.Comment, error) {
	return c.place.CommentsHolding(ctx, holding, func(ctx context.Context, at string) (forge.CommentPage, error) {
		if _, err := forge.Number(request); err != nil {
			return forge.CommentPage{}, err
		}
		input := &codecommit.GetCommentsForPullRequestInput{PullRequestId: &request, RepositoryName: &c.name, MaxResults: aws.Int32(transport.PageSize)}
		if at != "" {
			input.NextToken = &at
		}
		answer, err := c.client.GetCommentsForPullRequest(ctx, input)
		if err != nil {
			return forge.CommentPage{}, err
		}
		if answer.CommentsForPullRequestData == nil {
			return forge.CommentPage{}, transport.ErrNotAList
		}
		out := forge.CommentPage{Next: aws.ToString(answer.NextToken)}
		for _, thread := range answer.CommentsForPullRequestData {
			for _, one := range thread.Comments {
				if !one.Deleted {
					out.Items = append(out.Items, forge.Comment{
						ID: aws.ToString(one.CommentId), Text: aws.ToString(one.Content), By: personOf(aws.ToString(one.AuthorArn)),
						At: aws.ToTime(one.CreationDate), Edited: forge.IsEdited(aws.ToTime(one.CreationDate), aws.ToTime(one.LastModifiedDate)),
					})
				}
			}
		}
		return out, nil
	})
}

// Comment implements forge.Comments. Who says the same twice is heard once.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_PostCommentForPullRequest.html
func (c *Repository) Comment(ctx context.Context, request, text string) (string, error) {
	id, err := c.comment(ctx, request, text)
	return id, c.place.Told("commenting on", request, err)
}

func (c *Repository) comment(ctx context.Context, request, text string) (string, error) {
	if _, err := forge.Number(request); err != nil {
		return "", err
	}
	found, err := c.client.GetPullRequest(ctx, &codecommit.GetPullRequestInput{PullRequestId: &request})
	if err != nil {
		return "", err
	}
	target, err := c.target(forge.Value(found.PullRequest))
	if err != nil {
		return "", err
	}
	made, err := c.client.PostCommentForPullRequest(ctx, &codecommit.PostCommentForPullRequestInput{
		PullRequestId: &request, RepositoryName: &c.name, Content: &text,
		BeforeCommitId: target.DestinationCommit, AfterCommitId: target.SourceCommit,
		ClientRequestToken: aws.String(fmt.Sprintf("%x", sha256.Sum256([]byte(request+text)))),
	})
	if err != nil {
		return "", err
	}
	id := aws.ToString(forge.Value(made.Comment).CommentId)
	return id, forge.Exists(id)
}

// Recomment implements forge.Comments.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_UpdateComment.html
func (c *Repository) Recomment(ctx context.Context, request string, changed forge.Comment) error {
	_, err := c.client.UpdateComment(ctx, &codecommit.UpdateCommentInput{CommentId: &changed.ID, Content: &changed.Text})
	return c.place.Told("changing the comment on", request, err)
}

// Uncomment implements forge.Comments. Of what is taken away, that it was there stays.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_DeleteCommentContent.html
func (c *Repository) Uncomment(ctx context.Context, request, id string) error {
	_, err := c.client.DeleteCommentContent(ctx, &codecommit.DeleteCommentContentInput{CommentId: &id})
	return c.place.Told("taking away a comment on", request, err)
}
