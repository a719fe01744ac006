package source

import (
	"context"

	"github.com/google/go-github/v87/github"
)

// gitHubMaxFiles is how many files GitHub tells of a pull request.
const gitHubMaxFiles = 3000

// files reads the list of files of a request.
//
// https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
func (g *gitHub) files(ctx context.Context, item Item) ([]string, error) {
	n, err := number(item.ID)
	if err != nil {
		return nil, err
	}
	count := 0
	paths, err := listPaths(ctx, func(ctx context.Context, at string) (page, error) {
		options := &github.ListOptions{Page: numbered(at), PerPage: pageSize}
		files, resp, err := g.client.PullRequests.ListFiles(ctx, g.owner, g.name, int(n), options)
		if err != nil {
			return page{}, err
		}
		out := page{number: numbered(at), next: cursor(resp.NextPage)}
		for _, file := range files {
			out.add(file.GetFilename(), file.GetPreviousFilename())
		}
		count += len(files)
		return out, nil
	})
	if err == nil && count >= gitHubMaxFiles {
		err = ErrTooManyFiles
	}
	return paths, err
}
