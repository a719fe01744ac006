package source

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

// gitLabForm is how a GitLab project is written.
const gitLabForm = "https://HOST/GROUP[/SUBGROUP…]/PROJECT"

// gitLabProject lists the merge requests of a GitLab project.
type gitLabProject struct {
	url    repositoryURL
	path   string
	client *gitlab.Client
}

func newGitLab(config Config) (Source, error) {
	parsed, err := parseURL(config.URL, gitLabForm)
	if err != nil {
		return nil, err
	}
	if len(parsed.path) < 2 {
		return nil, fmt.Errorf("parsing the repository URL: %q has no group and project; expected %s", config.URL, gitLabForm)
	}
	client, err := gitlab.NewClient(config.Credentials.Password,
		gitlab.WithBaseURL(parsed.base),
		gitlab.WithHTTPClient(newHTTPClient(config)),
		gitlab.WithUserAgent(userAgent),
		gitlab.WithoutRetries(), // the watcher tries again, when GitLab wants it to
		gitlab.WithCustomLimiter(unlimited{}),
	)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", parsed, err)
	}
	return &gitLabProject{url: parsed, path: strings.Join(parsed.path, "/"), client: client}, nil
}

// unlimited keeps the library from asking GitLab for its limits before the
// first request.
type unlimited struct{}

func (unlimited) Wait(context.Context) error { return nil }

// List implements Source. Pages begin with the oldest request, so that a new
// one does not move the others to other pages. Labels are GitLab's to filter.
func (g *gitLabProject) List(ctx context.Context, q Query) ([]Item, error) {
	items, err := listAll(ctx, func(ctx context.Context, number int) (page, error) {
		return g.page(ctx, q, number)
	})
	if err != nil {
		return nil, failed("listing the open merge requests", g.url, err)
	}
	return items, nil
}

func (g *gitLabProject) page(ctx context.Context, q Query, number int) (page, error) {
	options := &gitlab.ListProjectMergeRequestsOptions{
		State: gitlab.Ptr("opened"), OrderBy: gitlab.Ptr("created_at"), Sort: gitlab.Ptr("asc"),
		ListOptions: gitlab.ListOptions{Page: int64(number), PerPage: pageSize},
	}
	if len(q.Labels) > 0 {
		options.Labels = (*gitlab.LabelOptions)(&q.Labels)
	}
	requests, resp, err := g.client.MergeRequests.ListProjectMergeRequests(g.path, options, gitlab.WithContext(ctx))
	if err != nil {
		return page{}, err
	}
	out := page{number: number, next: int(resp.NextPage), total: int(resp.TotalItems)}
	for _, request := range requests {
		out.items = append(out.items, gitLabItem(request))
	}
	return out, nil
}

// Lookup implements Source.
func (g *gitLabProject) Lookup(ctx context.Context, id string) (Item, error) {
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return Item{}, fmt.Errorf("merge request %q has no number: %w", id, ErrNotFound)
	}
	request, _, err := g.client.MergeRequests.GetMergeRequest(g.path, number, nil, gitlab.WithContext(ctx))
	if err != nil {
		return Item{}, failed("looking up merge request "+id, g.url, err)
	}
	return gitLabItem(&request.BasicMergeRequest), nil
}

func gitLabItem(r *gitlab.BasicMergeRequest) Item {
	item := Item{
		ID: strconv.FormatInt(r.IID, 10), SHA: r.SHA, Branch: r.SourceBranch, TargetBranch: r.TargetBranch,
		Title: r.Title, Slug: refSlug(r.SourceBranch), Labels: r.Labels, URL: r.WebURL, Draft: r.Draft,
		Fork: r.SourceProjectID != r.TargetProjectID, UpdatedAt: value(r.UpdatedAt), Closed: r.State != "opened",
	}
	if r.Author != nil {
		item.Author = r.Author.Username
	}
	return item
}

// maxRefSlug is where GitLab cuts CI_COMMIT_REF_SLUG.
const maxRefSlug = 63

var notInSlug = regexp.MustCompile(`[^a-z0-9-]`)

// refSlug writes a branch as GitLab's CI_COMMIT_REF_SLUG does.
func refSlug(branch string) string {
	slug := notInSlug.ReplaceAllString(strings.ToLower(branch), "-")
	if len(slug) > maxRefSlug {
		slug = slug[:maxRefSlug]
	}
	return strings.Trim(slug, "-")
}
