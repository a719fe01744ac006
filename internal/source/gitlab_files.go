package source

import (
	"context"
	"strconv"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

// gitLabFilesPage is how many files one page is asked for: their diffs come
// along, of up to 200 KB each.
const gitLabFilesPage = 30

// files reads the list of files of a request. How many files there are is told
// by the merge request itself: nothing before GitLab has compared the commits,
// and "1000+" where it does not tell all.
//
// https://docs.gitlab.com/api/merge_requests/#list-merge-request-diffs
func (g *gitLabProject) files(ctx context.Context, item Item) ([]string, error) {
	n, err := number(item.ID)
	if err != nil {
		return nil, err
	}
	request, _, err := g.client.MergeRequests.GetMergeRequest(g.path, n, nil, gitlab.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	switch {
	case request.ChangesCount == "":
		return nil, ErrNotComputed
	case strings.HasSuffix(request.ChangesCount, "+"):
		return nil, ErrTooManyFiles
	}
	total, err := strconv.Atoi(request.ChangesCount)
	if err != nil {
		return nil, errNotAList
	}
	return listPaths(ctx, func(ctx context.Context, at string) (page, error) {
		files, resp, err := g.client.MergeRequests.ListMergeRequestDiffs(g.path, n, &gitlab.ListMergeRequestDiffsOptions{
			ListOptions: gitlab.ListOptions{Page: int64(numbered(at)), PerPage: gitLabFilesPage},
		}, gitlab.WithContext(ctx))
		if err != nil {
			return page{}, err
		}
		out := page{number: numbered(at), next: cursor(resp.NextPage), total: total}
		for _, file := range files {
			out.add(file.NewPath, file.OldPath)
		}
		return out, nil
	})
}
