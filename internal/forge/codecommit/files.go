package codecommit

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Files implements forge.Files.
func (c *Repository) Files(ctx context.Context, item forge.Item) ([]string, error) {
	return c.Requests().ReadFiles(ctx, item, c.files)
}

// files compares a request's head commit with the commit at which its branch
// left the target, which only the request itself tells.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetDifferences.html
func (c *Repository) files(ctx context.Context, item forge.Item) ([]string, error) {
	if _, err := forge.Number(item.ID); err != nil {
		return nil, err
	}
	out, err := c.client.GetPullRequest(ctx, &codecommit.GetPullRequestInput{PullRequestId: &item.ID})
	if err != nil {
		return nil, err
	}
	target, err := c.target(forge.Value(out.PullRequest))
	if err != nil {
		return nil, err
	}
	if aws.ToString(target.SourceCommit) != item.SHA || aws.ToString(target.MergeBase) == "" {
		return nil, forge.ErrNotComputed
	}
	return forge.ListPaths(ctx, func(ctx context.Context, at string) (forge.Page, error) { return c.differencesPage(ctx, target, at) })
}

// differencesPage reads a page of what a request changes.
func (c *Repository) differencesPage(ctx context.Context, target types.PullRequestTarget, at string) (forge.Page, error) {
	input := &codecommit.GetDifferencesInput{
		RepositoryName: &c.name, BeforeCommitSpecifier: target.MergeBase, AfterCommitSpecifier: target.SourceCommit,
		MaxResults: aws.Int32(transport.PageSize),
	}
	if at != "" {
		input.NextToken = &at
	}
	differences, err := c.client.GetDifferences(ctx, input)
	if err != nil {
		return forge.Page{}, err
	}
	if differences.Differences == nil {
		return forge.Page{}, transport.ErrNotAList
	}
	out := forge.Page{Next: aws.ToString(differences.NextToken)}
	for _, one := range differences.Differences {
		out.Items = append(out.Items, forge.Renamed(aws.ToString(forge.Value(one.BeforeBlob).Path), aws.ToString(forge.Value(one.AfterBlob).Path))...)
	}
	return out, nil
}
