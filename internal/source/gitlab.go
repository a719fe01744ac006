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

// gitLabProject is a GitLab project.
type gitLabProject struct {
	url    repositoryURL
	path   string
	client *gitlab.Client
}

func openGitLab(config Config) (*gitLabProject, error) {
	parsed, err := parseURL(config.URL, gitLabForm)
	if err != nil {
		return nil, err
	}
	if len(parsed.path) < 2 {
		return nil, fmt.Errorf("parsing the repository URL: %q has no group and project; expected %s", config.URL, gitLabForm)
	}
	client, err := gitlab.NewClient(config.Credentials.Password,
		gitlab.WithBaseURL(parsed.base),
		gitlab.WithHTTPClient(newHTTPClient(config, manners{says: field("message", "error_description", "error")})),
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

// visible asks for the project itself.
func (g *gitLabProject) visible(ctx context.Context) error {
	project, _, err := g.client.Projects.GetProject(g.path, nil, gitlab.WithContext(ctx))
	if err != nil {
		return err
	}
	return exists(project.ID)
}

func (g *gitLabProject) requests() *collection {
	return &collection{
		one: "merge request", many: "open merge requests", repository: g.url,
		page: g.requestsPage, find: g.request, files: g.files, visible: g.visible,
	}
}

// requestsPage reads a page. The oldest request comes first, so that a new one does
// not move the others to other pages. Labels are GitLab's to filter.
func (g *gitLabProject) requestsPage(ctx context.Context, q Query, at string) (page, error) {
	options := &gitlab.ListProjectMergeRequestsOptions{
		State: gitlab.Ptr("opened"), OrderBy: gitlab.Ptr("created_at"), Sort: gitlab.Ptr("asc"),
		ListOptions: gitLabAt(at),
	}
	if len(q.Labels) > 0 {
		options.Labels = (*gitlab.LabelOptions)(&q.Labels)
	}
	requests, resp, err := g.client.MergeRequests.ListProjectMergeRequests(g.path, options, gitlab.WithContext(ctx))
	return gitLabPage(requests, resp, err, gitLabRequest)
}

func gitLabAt(at string) gitlab.ListOptions {
	return gitlab.ListOptions{Page: int64(numbered(at)), PerPage: pageSize}
}

// gitLabPage reads what the library returned for a page.
func gitLabPage[T any](things []T, resp *gitlab.Response, err error, read func(T) (Item, error)) (page, error) {
	if err != nil {
		return page{}, err
	}
	items, err := itemsOf(things, read)
	return page{items: items, number: int(resp.CurrentPage), next: cursor(resp.NextPage), total: int(resp.TotalItems)}, err
}

func (g *gitLabProject) request(ctx context.Context, key string) (Item, error) {
	n, err := number(key)
	if err != nil {
		return Item{}, err
	}
	request, _, err := g.client.MergeRequests.GetMergeRequest(g.path, n, nil, gitlab.WithContext(ctx))
	if err != nil {
		return Item{}, err
	}
	return gitLabRequest(&request.BasicMergeRequest)
}

func gitLabRequest(r *gitlab.BasicMergeRequest) (Item, error) {
	item := Item{
		ID: strconv.FormatInt(r.IID, 10), SHA: r.SHA, Branch: r.SourceBranch, TargetBranch: r.TargetBranch,
		Title: r.Title, Slug: refSlug(r.SourceBranch), Labels: r.Labels, URL: r.WebURL, Draft: r.Draft,
		Fork: r.SourceProjectID != r.TargetProjectID, UpdatedAt: value(r.UpdatedAt),
	}
	if r.Author != nil {
		item.Author = r.Author.Username
	}
	var err error
	// Locked is for the moments in which GitLab merges, which may fail.
	item.Closed, err = isOver(r.State, []string{"opened", "locked"}, []string{"closed", "merged"})
	return item, err
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

func (g *gitLabProject) branches() *collection {
	return &collection{
		one: "branch", many: "branches", repository: g.url,
		page: g.branchesPage, find: g.branch, visible: g.visible,
	}
}

func (g *gitLabProject) branchesPage(ctx context.Context, _ Query, at string) (page, error) {
	options := &gitlab.ListBranchesOptions{ListOptions: gitLabAt(at)}
	branches, resp, err := g.client.Branches.ListBranches(g.path, options, gitlab.WithContext(ctx))
	return gitLabPage(branches, resp, err, gitLabBranch)
}

func (g *gitLabProject) branch(ctx context.Context, name string) (Item, error) {
	branch, _, err := g.client.Branches.GetBranch(g.path, name, gitlab.WithContext(ctx))
	if err != nil {
		return Item{}, err
	}
	return gitLabBranch(branch)
}

func gitLabBranch(b *gitlab.Branch) (Item, error) {
	return branchItem(b.Name, value(b.Commit).ID), nil
}

func (g *gitLabProject) tags() *collection {
	return &collection{
		one: "tag", many: "tags", repository: g.url,
		page: g.tagsPage, find: g.tag, visible: g.visible,
	}
}

func (g *gitLabProject) tagsPage(ctx context.Context, _ Query, at string) (page, error) {
	options := &gitlab.ListTagsOptions{
		ListOptions: gitLabAt(at), OrderBy: gitlab.Ptr("name"), Sort: gitlab.Ptr("asc"),
	}
	tags, resp, err := g.client.Tags.ListTags(g.path, options, gitlab.WithContext(ctx))
	return gitLabPage(tags, resp, err, gitLabTag)
}

func (g *gitLabProject) tag(ctx context.Context, name string) (Item, error) {
	tag, _, err := g.client.Tags.GetTag(g.path, name, gitlab.WithContext(ctx))
	if err != nil {
		return Item{}, err
	}
	return gitLabTag(tag)
}

// gitLabTag tells the commit, where target may be an annotation.
func gitLabTag(t *gitlab.Tag) (Item, error) { return tagItem(t.Name, value(t.Commit).ID), nil }
