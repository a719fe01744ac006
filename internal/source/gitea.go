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

// giteaRepository is a repository on Gitea or Forgejo.
type giteaRepository struct {
	url         repositoryURL
	base        string // of the server, with its sub-path
	owner, name string
	token       string
	http        *http.Client
}

func openGitea(config Config) (*giteaRepository, error) {
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
		token: config.Credentials.Password, http: newHTTPClient(config, manners{says: field("message")}),
	}, nil
}

// client returns the SDK's client for one call: it keeps its context to itself.
// The empty version keeps it from asking the server for one each time.
func (g *giteaRepository) client(ctx context.Context) (*gitea.Client, error) {
	return gitea.NewClient(g.base,
		gitea.SetContext(ctx), gitea.SetHTTPClient(g.http), gitea.SetToken(g.token), gitea.SetGiteaVersion(""))
}

// visible asks for the repository itself.
func (g *giteaRepository) visible(ctx context.Context) error {
	client, err := g.client(ctx)
	if err != nil {
		return err
	}
	repository, _, err := client.GetRepo(g.owner, g.name)
	if err != nil {
		return err
	}
	return exists(repository.ID)
}

func (g *giteaRepository) requests() *collection {
	return &collection{
		one: "pull request", many: "open pull requests", repository: g.url,
		page: g.requestsPage, find: g.request, files: g.files, visible: g.visible,
	}
}

// requestsPage reads a page. The oldest request comes first, so that a new one does
// not move the others to other pages.
func (g *giteaRepository) requestsPage(ctx context.Context, _ Query, at string) (page, error) {
	client, err := g.client(ctx)
	if err != nil {
		return page{}, err
	}
	requests, resp, err := client.ListRepoPullRequests(g.owner, g.name, gitea.ListPullRequestsOptions{
		ListOptions: gitea.ListOptions{Page: numbered(at), PageSize: pageSize},
		State:       gitea.StateOpen,
		Sort:        "oldest",
	})
	return giteaPage(requests, resp, err, giteaRequest)
}

// giteaPage reads what the SDK returned for a page.
func giteaPage[T any](things []T, resp *gitea.Response, err error, read func(T) (Item, error)) (page, error) {
	if err != nil {
		return page{}, err
	}
	items, err := itemsOf(things, read)
	return page{items: items, next: cursor(resp.NextPage), total: giteaTotal(resp)}, err
}

// giteaTotal returns how many things there are; 0 where the server does not
// say, or where there is nothing to count.
func giteaTotal(resp *gitea.Response) int {
	total, _ := strconv.Atoi(resp.Header.Get("X-Total-Count"))
	return total
}

func (g *giteaRepository) request(ctx context.Context, key string) (Item, error) {
	n, err := number(key)
	if err != nil {
		return Item{}, err
	}
	client, err := g.client(ctx)
	if err != nil {
		return Item{}, err
	}
	request, _, err := client.GetPullRequest(g.owner, g.name, n)
	if err != nil {
		return Item{}, err
	}
	return giteaRequest(request)
}

func giteaRequest(r *gitea.PullRequest) (Item, error) {
	item := Item{
		ID: strconv.FormatInt(r.Index, 10), Title: r.Title, URL: r.HTMLURL, Draft: r.Draft,
		UpdatedAt: value(r.Updated),
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
	var err error
	item.Closed, err = isOver(string(r.State), []string{"open"}, []string{"closed"})
	return item, err
}

// value returns what a pointer points to, the zero value for nil.
func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

func (g *giteaRepository) branches() *collection {
	return &collection{
		one: "branch", many: "branches", repository: g.url,
		page: g.branchesPage, find: g.branch, visible: g.visible,
	}
}

func (g *giteaRepository) branchesPage(ctx context.Context, _ Query, at string) (page, error) {
	client, err := g.client(ctx)
	if err != nil {
		return page{}, err
	}
	options := gitea.ListRepoBranchesOptions{ListOptions: gitea.ListOptions{Page: numbered(at), PageSize: pageSize}}
	branches, resp, err := client.ListRepoBranches(g.owner, g.name, options)
	return giteaPage(branches, resp, err, giteaBranch)
}

func (g *giteaRepository) branch(ctx context.Context, name string) (Item, error) {
	client, err := g.client(ctx)
	if err != nil {
		return Item{}, err
	}
	branch, _, err := client.GetRepoBranch(g.owner, g.name, name)
	if err != nil {
		return Item{}, err
	}
	return giteaBranch(branch)
}

func giteaBranch(b *gitea.Branch) (Item, error) { return branchItem(b.Name, value(b.Commit).ID), nil }

func (g *giteaRepository) tags() *collection {
	return &collection{
		one: "tag", many: "tags", repository: g.url,
		page: g.tagsPage, find: g.tag, visible: g.visible,
	}
}

func (g *giteaRepository) tagsPage(ctx context.Context, _ Query, at string) (page, error) {
	client, err := g.client(ctx)
	if err != nil {
		return page{}, err
	}
	options := gitea.ListRepoTagsOptions{ListOptions: gitea.ListOptions{Page: numbered(at), PageSize: pageSize}}
	tags, resp, err := client.ListRepoTags(g.owner, g.name, options)
	return giteaPage(tags, resp, err, giteaTag)
}

func (g *giteaRepository) tag(ctx context.Context, name string) (Item, error) {
	client, err := g.client(ctx)
	if err != nil {
		return Item{}, err
	}
	tag, _, err := client.GetTag(g.owner, g.name, name)
	if err != nil {
		return Item{}, err
	}
	return giteaTag(tag)
}

// giteaTag tells the commit, where id may be an annotation.
func giteaTag(t *gitea.Tag) (Item, error) { return tagItem(t.Name, value(t.Commit).SHA), nil }
