package source

import (
	"context"
	"fmt"
	"strconv"

	"code.gitea.io/sdk/gitea"
)

// Files implements FileLister.
//
// https://docs.gitea.com/api/ (repoGetPullRequestFiles)
func (g *giteaRepository) Files(ctx context.Context, item Item) ([]string, error) {
	number, err := strconv.ParseInt(item.ID, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("pull request %q has no number: %w", item.ID, ErrNotFound)
	}
	client, err := g.client(ctx)
	if err != nil {
		return nil, err
	}
	paths, err := listPaths(ctx, func(_ context.Context, at int) (page, error) {
		files, resp, err := client.ListPullRequestFiles(g.owner, g.name, number, gitea.ListPullRequestFilesOptions{
			ListOptions: gitea.ListOptions{Page: at, PageSize: pageSize},
		})
		if err != nil {
			return page{}, err
		}
		total, _ := strconv.Atoi(resp.Header.Get("X-Total-Count")) // 0 where it is missing
		out := page{next: resp.NextPage, total: total}
		for _, file := range files {
			out.add(file.Filename, file.PreviousFilename)
		}
		return out, nil
	})
	if err != nil {
		return nil, failed("listing the files of pull request "+item.ID, g.url, err)
	}
	return paths, nil
}
