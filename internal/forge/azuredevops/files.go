package azuredevops

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// changesPageSize is how many changes one page is asked for.
const changesPageSize = 1000

// iteration is what one push made of a pull request.
type iteration struct {
	ID int `json:"id"`
	// Created is when the server took the push.
	Created      time.Time `json:"createdDate"`
	SourceCommit struct {
		ID string `json:"commitId"`
	} `json:"sourceRefCommit"`
}

// changed are the files that an iteration changes in comparison with the
// commit at which its branch left the target.
type changed struct {
	Entries []struct {
		Item struct {
			Path     string `json:"path"`
			IsFolder bool   `json:"isFolder"`
		} `json:"item"`
		OriginalPath string `json:"originalPath"`
	} `json:"changeEntries"`
	NextSkip int `json:"nextSkip"`
}

// Files implements forge.Files.
func (a *Repository) Files(ctx context.Context, item forge.Item) ([]string, error) {
	return a.Requests().ReadFiles(ctx, item, a.files)
}

// files reads what the iteration of a request's head commit changes.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-request-iteration-changes/get
func (a *Repository) files(ctx context.Context, item forge.Item) ([]string, error) {
	if _, err := forge.Number(item.ID); err != nil {
		return nil, err
	}
	iterations := "/pullrequests/" + item.ID + "/iterations"
	var pushes list[iteration]
	if _, err := a.get(ctx, iterations, nil, &pushes); err != nil {
		return nil, err
	}
	at := slices.IndexFunc(pushes.Value, func(i iteration) bool { return i.SourceCommit.ID == item.SHA })
	if at < 0 {
		return nil, forge.ErrNotComputed
	}
	changes := fmt.Sprintf("%s/%d/changes", iterations, pushes.Value[at].ID)
	return forge.ListPaths(ctx, func(ctx context.Context, at string) (forge.Page, error) { return a.changesPage(ctx, changes, at) })
}

// changesPage reads a page of changes, of which the cursor says how many to skip.
func (a *Repository) changesPage(ctx context.Context, path, at string) (forge.Page, error) {
	query := url.Values{"$top": {strconv.Itoa(changesPageSize)}, "$skip": {cmp.Or(at, "0")}}
	var changes changed
	if _, err := a.get(ctx, path, query, &changes); err != nil {
		return forge.Page{}, err
	}
	if changes.Entries == nil {
		return forge.Page{}, transport.ErrNotAList
	}
	out := forge.Page{Next: transport.Cursor(changes.NextSkip)}
	for _, entry := range changes.Entries {
		if !entry.Item.IsFolder {
			out.Items = append(out.Items, forge.Paths(strings.TrimPrefix(entry.Item.Path, "/"), strings.TrimPrefix(entry.OriginalPath, "/"))...)
		}
	}
	return out, nil
}
