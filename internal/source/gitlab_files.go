package source

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

// gitLabFilesPage is how many files one page is asked for: their diffs come
// along, of up to 200 KB each.
const gitLabFilesPage = 30

// Files implements FileLister. How many files there are is told by the merge
// request itself: nothing before GitLab has compared the commits, and "1000+"
// where it does not tell all.
//
// https://docs.gitlab.com/api/merge_requests/#list-merge-request-diffs
func (g *gitLabProject) Files(ctx context.Context, item Item) ([]string, error) {
	number, err := strconv.ParseInt(item.ID, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("merge request %q has no number: %w", item.ID, ErrNotFound)
	}
	request, _, err := g.client.MergeRequests.GetMergeRequest(g.path, number, nil, gitlab.WithContext(ctx))
	if err != nil {
		return nil, failed("looking up merge request "+item.ID, g.url, err)
	}
	switch {
	case request.ChangesCount == "":
		return nil, ErrNotComputed
	case strings.HasSuffix(request.ChangesCount, "+"):
		return nil, ErrTooManyFiles
	}
	total, err := strconv.Atoi(request.ChangesCount)
	if err != nil {
		return nil, failed("looking up merge request "+item.ID, g.url, errNotAList)
	}
	paths, err := listPaths(ctx, func(ctx context.Context, at int) (page, error) {
		files, resp, err := g.client.MergeRequests.ListMergeRequestDiffs(g.path, number, &gitlab.ListMergeRequestDiffsOptions{
			ListOptions: gitlab.ListOptions{Page: int64(at), PerPage: gitLabFilesPage},
		}, gitlab.WithContext(ctx))
		if err != nil {
			return page{}, err
		}
		out := page{number: at, next: int(resp.NextPage), total: total}
		for _, file := range files {
			out.add(file.NewPath, file.OldPath)
		}
		return out, nil
	})
	if err != nil {
		return nil, failed("listing the files of merge request "+item.ID, g.url, err)
	}
	return paths, nil
}
