package github

import (
	"context"

	"github.com/google/go-github/v87/github"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// maxFiles is how many files GitHub tells of a pull request.
const maxFiles = 3000

// Files implements forge.Files.
func (g *Repository) Files(ctx context.Context, item forge.Item) ([]string, error) {
	return g.Requests().ReadFiles(ctx, item, g.files)
}

// files reads the list of files of a request.
//
// https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
func (g *Repository) files(ctx context.Context, item forge.Item) ([]string, error) {
	n, err := forge.Number(item.ID)
	if err != nil {
		return nil, err
	}
	count := 0
	paths, err := forge.ListPaths(ctx, func(ctx context.Context, at string) (forge.Page, error) {
		options := &github.ListOptions{Page: transport.Numbered(at), PerPage: transport.PageSize}
		files, resp, err := g.client.PullRequests.ListFiles(ctx, g.owner, g.name, int(n), options)
		if err != nil {
			return forge.Page{}, err
		}
		out := forge.Page{Number: transport.Numbered(at), Next: transport.Cursor(resp.NextPage)}
		for _, file := range files {
			out.Items = append(out.Items, forge.Paths(file.GetFilename(), file.GetPreviousFilename())...)
		}
		count += len(files)
		return out, nil
	})
	if err == nil && count >= maxFiles {
		err = forge.ErrTooManyFiles
	}
	return paths, err
}
