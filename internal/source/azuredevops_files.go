package source

import (
	"cmp"
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

// files reads what the iteration of a request's head commit changes.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-iteration-changes/get
func (a *azureRepository) files(ctx context.Context, item Item) ([]string, error) {
	if _, err := number(item.ID); err != nil {
		return nil, err
	}
	iterations := "/pullrequests/" + item.ID + "/iterations"
	var pushes azureList[azureIteration]
	if _, err := a.get(ctx, iterations, nil, &pushes); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(pushes.Value, func(i azureIteration) bool { return i.SourceCommit.ID == item.SHA })
	if at < 0 {
		return nil, ErrNotComputed
	}
	changes := fmt.Sprintf("%s/%d/changes", iterations, pushes.Value[at].ID)
	return listPaths(ctx, func(ctx context.Context, at string) (page, error) { return a.changesPage(ctx, changes, at) })
}

// changesPage reads a page of changes, of which the cursor says how many to skip.
func (a *azureRepository) changesPage(ctx context.Context, path, at string) (page, error) {
	query := url.Values{"$top": {strconv.Itoa(azureChangesPage)}, "$skip": {cmp.Or(at, "0")}}
	var changes azureChanges
	if _, err := a.get(ctx, path, query, &changes); err != nil {
		return page{}, err
	}
	if changes.Entries == nil {
		return page{}, errNotAList
	}
	out := page{next: cursor(changes.NextSkip)}
	for _, entry := range changes.Entries {
		if !entry.Item.IsFolder {
			out.add(strings.TrimPrefix(entry.Item.Path, "/"), strings.TrimPrefix(entry.OriginalPath, "/"))
		}
	}
	return out, nil
}
