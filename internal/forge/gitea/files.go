package gitea

import (
	"context"

	"code.gitea.io/sdk/gitea"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Files implements forge.Files.
func (g *Repository) Files(ctx context.Context, item forge.Item) ([]string, error) {
	return g.Requests().ReadFiles(ctx, item, g.files)
}

// files reads the list of files of a request.
//
// https://docs.gitea.com/api/ (repoGetPullRequestFiles)
func (g *Repository) files(ctx context.Context, item forge.Item) ([]string, error) {
	n, err := forge.Number(item.ID)
	if err != nil {
		return nil, err
	}
	return forge.ListPaths(ctx, func(ctx context.Context, at string) (forge.Page, error) {
		client, err := g.client(ctx)
		if err != nil {
			return forge.Page{}, err
		}
		files, resp, err := client.ListPullRequestFiles(g.owner, g.name, n, gitea.ListPullRequestFilesOptions{
			ListOptions: gitea.ListOptions{Page: transport.Numbered(at), PageSize: transport.PageSize},
		})
		if err == nil {
			err = forge.Listed(files)
		}
		if err != nil {
			return forge.Page{}, err
		}
		out := forge.Page{Next: transport.Cursor(resp.NextPage), Total: totalOf(resp)}
		for _, file := range files {
			out.Items = append(out.Items, forge.Paths(file.Filename, file.PreviousFilename)...)
		}
		return out, nil
	})
}
