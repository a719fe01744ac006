package source

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"
)

// files compares a request's head commit with the commit at which its branch
// left the target, which only the request itself tells.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetDifferences.html
func (c *codeCommit) files(ctx context.Context, item Item) ([]string, error) {
	if _, err := number(item.ID); err != nil {
		return nil, err
	}
	out, err := c.client.GetPullRequest(ctx, &codecommit.GetPullRequestInput{PullRequestId: &item.ID})
	if err != nil {
		return nil, err
	}
	target, err := c.target(value(out.PullRequest))
	if err != nil {
		return nil, err
	}
	if aws.ToString(target.SourceCommit) != item.SHA || aws.ToString(target.MergeBase) == "" {
		return nil, ErrNotComputed
	}
	return listPaths(ctx, func(ctx context.Context, at string) (page, error) { return c.differencesPage(ctx, target, at) })
}

// differencesPage reads a page of what a request changes.
func (c *codeCommit) differencesPage(ctx context.Context, target types.PullRequestTarget, at string) (page, error) {
	input := &codecommit.GetDifferencesInput{
		RepositoryName: &c.name, BeforeCommitSpecifier: target.MergeBase, AfterCommitSpecifier: target.SourceCommit,
		MaxResults: aws.Int32(pageSize),
	}
	if at != "" {
		input.NextToken = &at
	}
	differences, err := c.client.GetDifferences(ctx, input)
	if err != nil {
		return page{}, err
	}
	if differences.Differences == nil {
		return page{}, errNotAList
	}
	out := page{next: aws.ToString(differences.NextToken)}
	for _, one := range differences.Differences {
		out.add(renamed(aws.ToString(value(one.BeforeBlob).Path), aws.ToString(value(one.AfterBlob).Path))...)
	}
	return out, nil
}
