package gitlab

import (
	"context"
	"strconv"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// filesPage is how many files one page is asked for: their diffs come
// along, of up to 200 KB each.
const filesPage = 30

// Files implements forge.Files.
func (g *Project) Files(ctx context.Context, item forge.Item) ([]string, error) {
	return g.Requests().ReadFiles(ctx, item, g.files)
}

// files reads the list of files of a request. How many files there are is told
// by the merge request itself: nothing before GitLab has compared the commits,
// and "1000+" where it does not tell all.
//
// https://docs.gitlab.com/api/merge_requests/#list-merge-request-diffs
func (g *Project) files(ctx context.Context, item forge.Item) ([]string, error) {
	n, err := forge.Number(item.ID)
	if err != nil {
		return nil, err
	}
	request, _, err := g.client.MergeRequests.GetMergeRequest(g.path, n, nil, gitlab.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	switch {
	case request.ChangesCount == "":
		return nil, forge.ErrNotComputed
	case strings.HasSuffix(request.ChangesCount, "+"):
		return nil, forge.ErrTooManyFiles
	}
	total, err := strconv.Atoi(request.ChangesCount)
	if err != nil {
		return nil, transport.ErrNotAList
	}
	return forge.ListPaths(ctx, func(ctx context.Context, at string) (forge.Page, error) {
		files, resp, err := g.client.MergeRequests.ListMergeRequestDiffs(g.path, n, &gitlab.ListMergeRequestDiffsOptions{
			ListOptions: gitlab.ListOptions{Page: int64(transport.Numbered(at)), PerPage: filesPage},
		}, gitlab.WithContext(ctx))
		if err == nil {
			err = forge.Listed(files)
		}
		if err != nil {
			return forge.Page{}, err
		}
		out := forge.Page{Number: transport.Numbered(at), Next: transport.Cursor(resp.NextPage), Total: total}
		for _, file := range files {
			out.Items = append(out.Items, forge.Paths(file.NewPath, file.OldPath)...)
		}
		return out, nil
	})
}
