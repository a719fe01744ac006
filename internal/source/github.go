package source

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/google/go-github/v87/github"
)

// gitHubForm is how a GitHub repository is written.
const gitHubForm = "https://HOST/OWNER/REPOSITORY"

// gitHubRepository lists the pull requests of a repository on github.com or on
// GitHub Enterprise.
type gitHubRepository struct {
	url         repositoryURL
	owner, name string
	client      *github.Client
}

func newGitHub(config Config) (Source, error) {
	parsed, err := parseURL(config.URL, gitHubForm)
	if err != nil {
		return nil, err
	}
	if len(parsed.path) != 2 {
		return nil, fmt.Errorf("parsing the repository URL: %q is not an owner and a repository; expected %s", config.URL, gitHubForm)
	}
	client, err := newGitHubClient(parsed, newHTTPClient(config), config.Credentials.Password)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", parsed, err)
	}
	return &gitHubRepository{url: parsed, owner: parsed.path[0], name: parsed.path[1], client: client}, nil
}

// newGitHubClient reaches api.github.com, or any other host's /api/v3/. Limits
// are read from each answer, not remembered: the client lives for one run.
func newGitHubClient(url repositoryURL, http *http.Client, token string) (*github.Client, error) {
	options := []github.ClientOptionsFunc{
		github.WithHTTPClient(http), github.WithUserAgent(userAgent), github.WithDisableRateLimitCheck(),
	}
	if token != "" {
		options = append(options, github.WithAuthToken(token))
	}
	if url.base != "https://github.com" {
		options = append(options, github.WithEnterpriseURLs(url.base, url.base))
	}
	return github.NewClient(options...)
}

// List implements Source. Pages begin with the oldest request, so that a new
// one does not move the others to other pages.
func (g *gitHubRepository) List(ctx context.Context, _ Query) ([]Item, error) {
	items, err := listAll(ctx, g.page)
	if err != nil {
		return nil, failed("listing the open pull requests", g.url, err)
	}
	return items, nil
}

func (g *gitHubRepository) page(ctx context.Context, number int) (page, error) {
	requests, resp, err := g.client.PullRequests.List(ctx, g.owner, g.name, &github.PullRequestListOptions{
		State: "open", Sort: "created", Direction: "asc",
		ListOptions: github.ListOptions{Page: number, PerPage: pageSize},
	})
	if err != nil {
		return page{}, err
	}
	out := page{number: number, next: resp.NextPage}
	for _, request := range requests {
		out.items = append(out.items, gitHubItem(request))
	}
	return out, nil
}

// Lookup implements Source.
func (g *gitHubRepository) Lookup(ctx context.Context, id string) (Item, error) {
	number, err := strconv.Atoi(id)
	if err != nil {
		return Item{}, fmt.Errorf("pull request %q has no number: %w", id, ErrNotFound)
	}
	request, _, err := g.client.PullRequests.Get(ctx, g.owner, g.name, number)
	if err != nil {
		return Item{}, failed("looking up pull request "+id, g.url, err)
	}
	return gitHubItem(request), nil
}

func gitHubItem(r *github.PullRequest) Item {
	item := Item{
		ID: strconv.Itoa(r.GetNumber()), SHA: r.GetHead().GetSHA(), Branch: r.GetHead().GetRef(),
		TargetBranch: r.GetBase().GetRef(), Title: r.GetTitle(), Author: r.GetUser().GetLogin(),
		URL: r.GetHTMLURL(), Draft: r.GetDraft(), UpdatedAt: r.GetUpdatedAt().Time,
		Closed: r.GetState() != "open",
		// The head of a fork that was deleted has no repository any more.
		Fork: r.GetHead().GetRepo().GetFullName() != r.GetBase().GetRepo().GetFullName(),
	}
	for _, label := range r.Labels {
		item.Labels = append(item.Labels, label.GetName())
	}
	return item
}
