package source

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// azureChangesPage is how many changes one page is asked for.
const azureChangesPage = 1000

// azureIteration is what one push made of a pull request.
type azureIteration struct {
	ID           int `json:"id"`
	SourceCommit struct {
		ID string `json:"commitId"`
	} `json:"sourceRefCommit"`
}

// azureChanges are the files that an iteration changes in comparison with the
// commit at which its branch left the target.
type azureChanges struct {
	Entries []struct {
		Item struct {
			Path     string `json:"path"`
			IsFolder bool   `json:"isFolder"`
		} `json:"item"`
		OriginalPath string `json:"originalPath"`
	} `json:"changeEntries"`
	NextSkip int `json:"nextSkip"`
}

// Files implements FileLister.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-iteration-changes/get
func (a *azureRepository) Files(ctx context.Context, item Item) ([]string, error) {
	if _, err := strconv.Atoi(item.ID); err != nil {
		return nil, fmt.Errorf("pull request %q has no number: %w", item.ID, ErrNotFound)
	}
	iterations := "/pullrequests/" + item.ID + "/iterations"
	var pushes struct {
		Value []azureIteration `json:"value"`
	}
	if err := a.get(ctx, iterations, nil, &pushes); err != nil {
		return nil, failed("listing the iterations of pull request "+item.ID, a.url, err)
	}
	at := slices.IndexFunc(pushes.Value, func(i azureIteration) bool { return i.SourceCommit.ID == item.SHA })
	if at < 0 {
		return nil, ErrNotComputed
	}
	skip := 0
	paths, err := listPaths(ctx, func(ctx context.Context, number int) (page, error) {
		query := url.Values{"$top": {strconv.Itoa(azureChangesPage)}, "$skip": {strconv.Itoa(skip)}}
		var changes azureChanges
		if err := a.get(ctx, fmt.Sprintf("%s/%d/changes", iterations, pushes.Value[at].ID), query, &changes); err != nil {
			return page{}, err
		}
		if changes.Entries == nil {
			return page{}, errNotAList
		}
		out := page{}
		for _, entry := range changes.Entries {
			if !entry.Item.IsFolder {
				out.add(strings.TrimPrefix(entry.Item.Path, "/"), strings.TrimPrefix(entry.OriginalPath, "/"))
			}
		}
		if skip = changes.NextSkip; skip > 0 {
			out.next = number + 1
		}
		return out, nil
	})
	if err != nil {
		return nil, failed("listing the files of pull request "+item.ID, a.url, err)
	}
	return paths, nil
}
