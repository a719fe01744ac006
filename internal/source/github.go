package source

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/go-github/v87/github"
)

// gitHubForm is how a GitHub repository is written.
const gitHubForm = "https://HOST/OWNER/REPOSITORY"

// gitHub is a repository on github.com or on GitHub Enterprise.
type gitHub struct {
	url         repositoryURL
	owner, name string
	client      *github.Client
}

func openGitHub(config Config) (*gitHub, error) {
	parsed, err := parseURL(config.URL, gitHubForm)
	if err != nil {
		return nil, err
	}
	if len(parsed.path) != 2 {
		return nil, fmt.Errorf("parsing the repository URL: %q is not an owner and a repository; expected %s", config.URL, gitHubForm)
	}
	client, err := newGitHubClient(parsed, newHTTPClient(config, manners{says: field("message")}), config.Credentials.Password)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", parsed, err)
	}
	return &gitHub{url: parsed, owner: parsed.path[0], name: parsed.path[1], client: client}, nil
}

// newGitHubClient reaches api.github.com, api.NAME.ghe.com where data reside in
// a region, or any other host's /api/v3/. Limits are read from each answer, not
// remembered: the client lives for one run.
func newGitHubClient(url repositoryURL, http *http.Client, token string) (*github.Client, error) {
	options := []github.ClientOptionsFunc{
		github.WithHTTPClient(http), github.WithUserAgent(userAgent), github.WithDisableRateLimitCheck(),
	}
	if token != "" {
		options = append(options, github.WithAuthToken(token))
	}
	if base := url.base; base != "https://github.com" {
		if strings.HasSuffix(base, ".ghe.com") {
			base = strings.Replace(base, "://", "://api.", 1)
		}
		options = append(options, github.WithEnterpriseURLs(base, base))
	}
	return github.NewClient(options...)
}

// visible asks for the repository itself.
func (g *gitHub) visible(ctx context.Context) error {
	repository, _, err := g.client.Repositories.Get(ctx, g.owner, g.name)
	if err != nil {
		return err
	}
	return exists(repository.GetID())
}

func (g *gitHub) requests() *collection {
	return &collection{
		one: "pull request", many: "open pull requests", repository: g.url,
		page: g.requestsPage, find: g.request, files: g.files, visible: g.visible,
	}
}

// requestsPage reads a page. The oldest request comes first, so that a new one does
// not move the others to other pages.
func (g *gitHub) requestsPage(ctx context.Context, _ Query, at string) (page, error) {
	requests, resp, err := g.client.PullRequests.List(ctx, g.owner, g.name, &github.PullRequestListOptions{
		State: "open", Sort: "created", Direction: "asc",
		ListOptions: github.ListOptions{Page: numbered(at), PerPage: pageSize},
	})
	if err != nil {
		return page{}, err
	}
	items, err := itemsOf(requests, gitHubRequest)
	return page{items: items, number: numbered(at), next: cursor(resp.NextPage)}, err
}

func (g *gitHub) request(ctx context.Context, key string) (Item, error) {
	n, err := number(key)
	if err != nil {
		return Item{}, err
	}
	request, _, err := g.client.PullRequests.Get(ctx, g.owner, g.name, int(n))
	if err != nil {
		return Item{}, err
	}
	return gitHubRequest(request)
}

func gitHubRequest(r *github.PullRequest) (Item, error) {
	item := Item{
		ID: strconv.Itoa(r.GetNumber()), SHA: r.GetHead().GetSHA(), Branch: r.GetHead().GetRef(),
		TargetBranch: r.GetBase().GetRef(), Title: r.GetTitle(), Author: r.GetUser().GetLogin(),
		URL: r.GetHTMLURL(), Draft: r.GetDraft(), UpdatedAt: r.GetUpdatedAt().Time,
		// The head of a fork that was deleted has no repository any more.
		Fork: r.GetHead().GetRepo().GetFullName() != r.GetBase().GetRepo().GetFullName(),
	}
	for _, label := range r.Labels {
		item.Labels = append(item.Labels, label.GetName())
	}
	var err error
	item.Closed, err = isOver(r.GetState(), []string{"open"}, []string{"closed"})
	return item, err
}

func (g *gitHub) branches() *collection {
	return &collection{
		one: "branch", many: "branches", repository: g.url,
		page: g.branchesPage, find: g.branch, visible: g.visible,
	}
}

func (g *gitHub) branchesPage(ctx context.Context, _ Query, at string) (page, error) {
	branches, resp, err := g.client.Repositories.ListBranches(ctx, g.owner, g.name, &github.BranchListOptions{
		ListOptions: github.ListOptions{Page: numbered(at), PerPage: pageSize},
	})
	if err != nil {
		return page{}, err
	}
	items, err := itemsOf(branches, func(b *github.Branch) (Item, error) {
		return branchItem(b.GetName(), b.GetCommit().GetSHA()), nil
	})
	return page{items: items, number: numbered(at), next: cursor(resp.NextPage)}, err
}

// branch looks up the reference: the address of a branch that was renamed
// answers with its successor.
func (g *gitHub) branch(ctx context.Context, name string) (Item, error) {
	ref, _, err := g.client.Git.GetRef(ctx, g.owner, g.name, "heads/"+name)
	if err != nil {
		return Item{}, err
	}
	return branchItem(strings.TrimPrefix(ref.GetRef(), "refs/heads/"), ref.GetObject().GetSHA()), nil
}

func (g *gitHub) tags() *collection {
	return &collection{
		one: "tag", many: "tags", repository: g.url,
		page: g.tagsPage, find: g.tag, visible: g.visible,
	}
}

func (g *gitHub) tagsPage(ctx context.Context, _ Query, at string) (page, error) {
	tags, resp, err := g.client.Repositories.ListTags(ctx, g.owner, g.name, &github.ListOptions{Page: numbered(at), PerPage: pageSize})
	if err != nil {
		return page{}, err
	}
	items, err := itemsOf(tags, func(t *github.RepositoryTag) (Item, error) {
		return tagItem(t.GetName(), t.GetCommit().GetSHA()), nil
	})
	return page{items: items, number: numbered(at), next: cursor(resp.NextPage)}, err
}

// tag looks up the reference and, where it is annotated, the commit behind the
// annotation, which a listing tells at once.
func (g *gitHub) tag(ctx context.Context, name string) (Item, error) {
	ref, _, err := g.client.Git.GetRef(ctx, g.owner, g.name, "tags/"+name)
	if err != nil {
		return Item{}, err
	}
	object := ref.GetObject()
	for object.GetType() == "tag" {
		annotated, _, err := g.client.Git.GetTag(ctx, g.owner, g.name, object.GetSHA())
		if err != nil {
			return Item{}, inPart("its commit", err)
		}
		object = annotated.GetObject()
	}
	return tagItem(strings.TrimPrefix(ref.GetRef(), "refs/tags/"), object.GetSHA()), nil
}
