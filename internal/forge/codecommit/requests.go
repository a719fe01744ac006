package codecommit

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Requests implements forge.Repository.
func (c *Repository) Requests() *forge.Collection {
	return &forge.Collection{
		One: "pull request", Many: "open pull requests", Of: c.place,
		Page: c.requestsPage, Find: c.request,
		Visible: func(ctx context.Context) error {
			_, err := c.numbers(ctx, "")
			return err
		},
	}
}

// numbers lists the open requests, which the API tells by their numbers alone.
func (c *Repository) numbers(ctx context.Context, at string) (*codecommit.ListPullRequestsOutput, error) {
	input := &codecommit.ListPullRequestsInput{
		RepositoryName: &c.name, PullRequestStatus: types.PullRequestStatusEnumOpen, MaxResults: aws.Int32(transport.PageSize),
	}
	if at != "" {
		input.NextToken = &at
	}
	out, err := c.client.ListPullRequests(ctx, input)
	if err == nil && out.PullRequestIds == nil {
		err = transport.ErrNotAList
	}
	return out, err
}

// requestsPage reads a page, and asks for each request on it.
func (c *Repository) requestsPage(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
	numbers, err := c.numbers(ctx, at)
	if err != nil {
		return forge.Page{}, err
	}
	items, err := forge.ItemsOf(numbers.PullRequestIds, func(id string) (forge.Item, error) {
		item, err := c.request(ctx, id)
		if errors.Is(err, transport.ErrNotFound) {
			return item, &transport.Error{What: "request " + id + " is listed, and not found", Kind: transport.ErrInvalidAnswer}
		}
		return item, err
	})
	return forge.Page{Items: items, Next: aws.ToString(numbers.NextToken)}, err
}

func (c *Repository) request(ctx context.Context, key string) (forge.Item, error) {
	if _, err := forge.Number(key); err != nil {
		return forge.Item{}, err
	}
	out, err := c.client.GetPullRequest(ctx, &codecommit.GetPullRequestInput{PullRequestId: &key})
	if err != nil {
		return forge.Item{}, err
	}
	return c.item(forge.Value(out.PullRequest))
}

// item reads a request. Numbers are given for the whole account, so one of
// another repository is none of this one.
func (c *Repository) item(r types.PullRequest) (forge.Item, error) {
	item := forge.Item{
		ID: aws.ToString(r.PullRequestId), Title: aws.ToString(r.Title), Author: arnName(aws.ToString(r.AuthorArn)), Login: arnLogin(aws.ToString(r.AuthorArn)),
		UpdatedAt: aws.ToTime(r.LastActivityDate), URL: c.console(aws.ToString(r.PullRequestId)),
	}
	var err error
	if item.Closed, err = forge.IsOver(string(r.PullRequestStatus), []string{"OPEN"}, []string{"CLOSED"}); err != nil {
		return forge.Item{}, err
	}
	target, err := c.target(r)
	if err != nil {
		return forge.Item{}, err
	}
	item.SHA = aws.ToString(target.SourceCommit)
	item.Branch = strings.TrimPrefix(aws.ToString(target.SourceReference), "refs/heads/")
	item.TargetBranch = strings.TrimPrefix(aws.ToString(target.DestinationReference), "refs/heads/")
	return item, nil
}

// target returns what a request changes in this repository.
func (c *Repository) target(r types.PullRequest) (types.PullRequestTarget, error) {
	for _, target := range r.PullRequestTargets {
		if aws.ToString(target.RepositoryName) == c.name {
			return target, nil
		}
	}
	return types.PullRequestTarget{}, &transport.Error{What: "it is a request of another repository", Kind: transport.ErrNotFound}
}

// console returns the page of a request in AWS's console.
func (c *Repository) console(id string) string {
	domain := "aws.amazon.com"
	switch {
	case strings.HasPrefix(c.region, "cn-"):
		domain = "amazonaws.cn"
	case strings.HasPrefix(c.region, "us-gov-"):
		domain = "amazonaws-us-gov.com"
	}
	return fmt.Sprintf("https://%s.console.%s/codesuite/codecommit/repositories/%s/pull-requests/%s", c.region, domain, c.name, id)
}
