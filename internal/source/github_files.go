package source

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/go-github/v87/github"
)

// gitHubMaxFiles is how many files GitHub tells of a pull request.
const gitHubMaxFiles = 3000

// Files implements FileLister.
//
// https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
func (g *gitHubRepository) Files(ctx context.Context, item Item) ([]string, error) {
	number, err := strconv.Atoi(item.ID)
	if err != nil {
		return nil, fmt.Errorf("pull request %q has no number: %w", item.ID, ErrNotFound)
	}
	count := 0
	paths, err := listPaths(ctx, func(ctx context.Context, at int) (page, error) {
		files, resp, err := g.client.PullRequests.ListFiles(ctx, g.owner, g.name, number, &github.ListOptions{Page: at, PerPage: pageSize})
		if err != nil {
			return page{}, err
		}
		out := page{number: at, next: resp.NextPage}
		for _, file := range files {
			out.add(file.GetFilename(), file.GetPreviousFilename())
		}
		count += len(files)
		return out, nil
	})
	switch {
	case err != nil:
		return nil, failed("listing the files of pull request "+item.ID, g.url, err)
	case count >= gitHubMaxFiles:
		return nil, ErrTooManyFiles
	}
	return paths, nil
}
