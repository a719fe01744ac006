package github

import (
	"context"
	"strconv"

	"github.com/google/go-github/v87/github"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Requests implements forge.Repository.
func (g *Repository) Requests() *forge.Collection {
	return &forge.Collection{
		One: "pull request", Many: "open pull requests", Of: g.place,
		Page: g.requestsPage, Find: g.request, Visible: g.visible,
	}
}

// requestsPage reads a page. The oldest request comes first, so that a new one does
// not move the others to other pages.
func (g *Repository) requestsPage(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
	requests, resp, err := g.client.PullRequests.List(ctx, g.owner, g.name, &github.PullRequestListOptions{
		State: "open", Sort: "created", Direction: "asc",
		ListOptions: github.ListOptions{Page: transport.Numbered(at), PerPage: transport.PageSize},
	})
	if err != nil {
		return forge.Page{}, err
	}
	return pageOf(requests, resp, at, itemOf)
}

func (g *Repository) request(ctx context.Context, key string) (forge.Item, error) {
	n, err := forge.Number(key)
	if err != nil {
		return forge.Item{}, err
	}
	request, _, err := g.client.PullRequests.Get(ctx, g.owner, g.name, int(n))
	if err != nil {
		return forge.Item{}, err
	}
	return itemOf(request)
}

func itemOf(r *github.PullRequest) (forge.Item, error) {
	item := forge.Item{
		ID: strconv.Itoa(r.GetNumber()), SHA: r.GetHead().GetSHA(), Branch: r.GetHead().GetRef(),
		TargetBranch: r.GetBase().GetRef(), Title: r.GetTitle(), Author: r.GetUser().GetLogin(), AuthorID: forge.Account(r.GetUser().GetID()),
		URL: r.GetHTMLURL(), Draft: r.GetDraft(), UpdatedAt: r.GetUpdatedAt().Time,
		// The head of a fork that was deleted has no repository any more.
		Fork:   r.GetHead().GetRepo().GetFullName() != r.GetBase().GetRepo().GetFullName(),
		Source: r.GetHead().GetRepo().GetFullName(),
	}
	for _, label := range r.Labels {
		item.Labels = append(item.Labels, label.GetName())
	}
	var err error
	item.Closed, err = forge.IsOver(r.GetState(), []string{"open"}, []string{"closed"})
	return item, err
}
