package source

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"code.gitea.io/sdk/gitea"
)

// giteaForm is how a Gitea or Forgejo repository is written.
const giteaForm = "https://HOST/OWNER/REPOSITORY"

// giteaRepository lists the pull requests of a Gitea or Forgejo repository.
type giteaRepository struct {
	url         repositoryURL
	base        string // of the server, with its sub-path
	owner, name string
	token       string
	http        *http.Client
}

func newGitea(config Config) (Source, error) {
	parsed, err := parseURL(config.URL, giteaForm)
	if err != nil {
		return nil, err
	}
	if len(parsed.path) < 2 {
		return nil, fmt.Errorf("parsing the repository URL: %q has no owner and repository; expected %s", config.URL, giteaForm)
	}
	// A server may live below a path: all but the last two parts.
	n := len(parsed.path) - 2
	server := repositoryURL{base: parsed.base, path: parsed.path[:n]}
	return &giteaRepository{
		url: parsed, base: server.String(), owner: parsed.path[n], name: parsed.path[n+1],
		token: config.Credentials.Password, http: newHTTPClient(config),
	}, nil
}

// client returns the SDK's client for one call: it keeps its context to itself.
// The empty version keeps it from asking the server for one each time.
func (g *giteaRepository) client(ctx context.Context) (*gitea.Client, error) {
	return gitea.NewClient(g.base,
		gitea.SetContext(ctx), gitea.SetHTTPClient(g.http), gitea.SetToken(g.token), gitea.SetGiteaVersion(""))
}

// List implements Source. Pages begin with the oldest request, so that a new
// one does not move the others to other pages.
func (g *giteaRepository) List(ctx context.Context, _ Query) ([]Item, error) {
	items, err := listAll(ctx, g.page)
	if err != nil {
		return nil, failed("listing the open pull requests", g.url, err)
	}
	return items, nil
}

func (g *giteaRepository) page(ctx context.Context, number int) (page, error) {
	client, err := g.client(ctx)
	if err != nil {
		return page{}, err
	}
	requests, resp, err := client.ListRepoPullRequests(g.owner, g.name, gitea.ListPullRequestsOptions{
		ListOptions: gitea.ListOptions{Page: number, PageSize: pageSize},
		State:       gitea.StateOpen,
		Sort:        "oldest",
	})
	if err != nil {
		return page{}, err
	}
	// The header is missing where there is nothing to count.
	total, _ := strconv.Atoi(resp.Header.Get("X-Total-Count"))
	out := page{next: resp.NextPage, total: total}
	for _, request := range requests {
		out.items = append(out.items, giteaItem(request))
	}
	return out, nil
}

// Lookup implements Source.
func (g *giteaRepository) Lookup(ctx context.Context, id string) (Item, error) {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return Item{}, fmt.Errorf("pull request %q has no number: %w", id, ErrNotFound)
	}
	client, err := g.client(ctx)
	if err != nil {
		return Item{}, err
	}
	request, _, err := client.GetPullRequest(g.owner, g.name, number)
	if err != nil {
		return Item{}, failed("looking up pull request "+id, g.url, err)
	}
	return giteaItem(request), nil
}

func giteaItem(r *gitea.PullRequest) Item {
	item := Item{
		ID: strconv.FormatInt(r.Index, 10), Title: r.Title, URL: r.HTMLURL, Draft: r.Draft,
		UpdatedAt: value(r.Updated), Closed: r.State != gitea.StateOpen,
	}
	if r.Poster != nil {
		item.Author = r.Poster.UserName
	}
	if r.Head != nil {
		item.SHA, item.Branch = r.Head.Sha, r.Head.Ref
	}
	if r.Base != nil {
		item.TargetBranch = r.Base.Ref
	}
	item.Fork = r.Head != nil && r.Base != nil && r.Head.RepoID != r.Base.RepoID
	for _, label := range r.Labels {
		item.Labels = append(item.Labels, label.Name)
	}
	return item
}

// value returns what a pointer points to, the zero value for nil.
func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
