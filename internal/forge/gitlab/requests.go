package gitlab

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
)

// Requests implements forge.Repository.
func (g *Project) Requests() *forge.Collection {
	return &forge.Collection{
		One: "merge request", Many: "open merge requests", Of: g.place,
		Page: g.requestsPage, Find: g.request, Visible: g.visible,
	}
}

// requestsPage reads a page. The oldest request comes first, so that a new one does
// not move the others to other pages. Labels are GitLab's to filter.
func (g *Project) requestsPage(ctx context.Context, q forge.Query, at string) (forge.Page, error) {
	options := &gitlab.ListProjectMergeRequestsOptions{
		State: gitlab.Ptr("opened"), OrderBy: gitlab.Ptr("created_at"), Sort: gitlab.Ptr("asc"),
		ListOptions: pageAt(at),
	}
	if len(q.Labels) > 0 {
		options.Labels = (*gitlab.LabelOptions)(&q.Labels)
	}
	requests, resp, err := g.client.MergeRequests.ListProjectMergeRequests(g.path, options, gitlab.WithContext(ctx))
	return pageOf(requests, resp, err, itemOf)
}

func (g *Project) request(ctx context.Context, key string) (forge.Item, error) {
	n, err := forge.Number(key)
	if err != nil {
		return forge.Item{}, err
	}
	request, _, err := g.client.MergeRequests.GetMergeRequest(g.path, n, nil, gitlab.WithContext(ctx))
	if err != nil {
		return forge.Item{}, err
	}
	return itemOf(&request.BasicMergeRequest)
}

func itemOf(r *gitlab.BasicMergeRequest) (forge.Item, error) {
	item := forge.Item{
		ID: strconv.FormatInt(r.IID, 10), SHA: r.SHA, Branch: r.SourceBranch, TargetBranch: r.TargetBranch,
		Title: r.Title, Slug: refSlug(r.SourceBranch), Labels: r.Labels, URL: r.WebURL, Draft: r.Draft,
		Fork: r.SourceProjectID != r.TargetProjectID, UpdatedAt: forge.Value(r.UpdatedAt),
	}
	if r.SourceProjectID > 0 { // it is gone else
		item.Source = strconv.FormatInt(r.SourceProjectID, 10)
	}
	if r.Author != nil {
		item.Author, item.AuthorID = r.Author.Username, forge.Account(r.Author.ID)
	}
	var err error
	// Locked is for the moments in which GitLab merges, which may fail.
	item.Closed, err = forge.IsOver(r.State, []string{"opened", "locked"}, []string{"closed", "merged"})
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
