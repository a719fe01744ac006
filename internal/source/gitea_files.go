package source

import (
	"context"

	"code.gitea.io/sdk/gitea"
)

// files reads the list of files of a request.
//
// https://docs.gitea.com/api/ (repoGetPullRequestFiles)
func (g *giteaRepository) files(ctx context.Context, item Item) ([]string, error) {
	n, err := number(item.ID)
	if err != nil {
		return nil, err
	}
	return listPaths(ctx, func(ctx context.Context, at string) (page, error) {
		client, err := g.client(ctx)
		if err != nil {
			return page{}, err
		}
		files, resp, err := client.ListPullRequestFiles(g.owner, g.name, n, gitea.ListPullRequestFilesOptions{
			ListOptions: gitea.ListOptions{Page: numbered(at), PageSize: pageSize},
		})
		if err != nil {
			return page{}, err
		}
		out := page{next: cursor(resp.NextPage), total: giteaTotal(resp)}
		for _, file := range files {
			out.add(file.Filename, file.PreviousFilename)
		}
		return out, nil
	})
}
