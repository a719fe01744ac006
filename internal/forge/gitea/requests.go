package gitea

import (
	"context"
	"strconv"
	"strings"

	"code.gitea.io/sdk/gitea"

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
	client, err := g.client(ctx)
	if err != nil {
		return forge.Page{}, err
	}
	requests, resp, err := client.ListRepoPullRequests(g.owner, g.name, gitea.ListPullRequestsOptions{
		ListOptions: gitea.ListOptions{Page: transport.Numbered(at), PageSize: transport.PageSize},
		State:       gitea.StateOpen,
		Sort:        "oldest",
	})
	return pageOf(requests, resp, err, itemOf)
}

func (g *Repository) request(ctx context.Context, key string) (forge.Item, error) {
	n, err := forge.Number(key)
	if err != nil {
		return forge.Item{}, err
	}
	client, err := g.client(ctx)
	if err != nil {
		return forge.Item{}, err
	}
	request, _, err := client.GetPullRequest(g.owner, g.name, n)
	if err != nil {
		return forge.Item{}, err
	}
	return itemOf(request)
}

// unbranched is where the head of a request is that has no branch. It was pushed to
// refs/for/, for which reading is enough: whoever did so is as strange as one who forks,
// though Gitea says that the head is in the repository itself. So is a request whose branch
// was deleted, of which nobody can tell where it came from.
//
// https://docs.gitea.com/usage/agit
const unbranched = "refs/pull/"

func itemOf(r *gitea.PullRequest) (forge.Item, error) {
	item := forge.Item{
		ID: strconv.FormatInt(r.Index, 10), Title: r.Title, URL: r.HTMLURL, Draft: r.Draft,
		UpdatedAt: forge.Value(r.Updated),
	}
	if r.Poster != nil {
		item.Author, item.AuthorID = r.Poster.UserName, forge.Account(r.Poster.ID)
	}
	if r.Head != nil {
		item.SHA, item.Branch = r.Head.Sha, r.Head.Ref
	}
	if r.Base != nil {
		item.TargetBranch = r.Base.Ref
	}
	foreign := r.Head != nil && r.Base != nil && r.Head.RepoID != r.Base.RepoID
	branchless := r.Head != nil && strings.HasPrefix(r.Head.Ref, unbranched)
	item.Fork = foreign || branchless
	if r.Head != nil && r.Head.Repository != nil && (foreign || !branchless) { // it is gone else
		item.Source = r.Head.Repository.FullName
	}
	if len(r.Labels) > 0 && forge.Listed(r.Labels) != nil {
		return item, transport.ErrNotAList
	}
	for _, label := range r.Labels {
		item.Labels = append(item.Labels, label.Name)
	}
	var err error
	item.Closed, err = forge.IsOver(string(r.State), []string{"open"}, []string{"closed"})
	return item, err
}
