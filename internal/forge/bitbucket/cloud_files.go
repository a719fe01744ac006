package bitbucket

import (
	"context"
	"net/url"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// cloudFile is what became of a file, under its names before and after.
type cloudFile struct {
	Old struct {
		Path string `json:"path"`
	} `json:"old"`
	New struct {
		Path string `json:"path"`
	} `json:"new"`
}

// Files implements forge.Files.
func (c *Cloud) Files(ctx context.Context, item forge.Item) ([]string, error) {
	return c.Requests().ReadFiles(ctx, item, c.files)
}

// files reads the list of files of a request. It is answered with a redirect to
// a comparison of commits, whose pages are found by their whole address: below
// the same API, or they are not asked for with the token.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
func (c *Cloud) files(ctx context.Context, item forge.Item) ([]string, error) {
	if _, err := forge.Number(item.ID); err != nil {
		return nil, err
	}
	return forge.ListPaths(ctx, func(ctx context.Context, at string) (forge.Page, error) {
		address, query := c.api+"/pullrequests/"+item.ID+"/diffstat", url.Values{}
		if path, text, found := strings.Cut(at, "?"); found {
			var err error
			if query, err = url.ParseQuery(text); err != nil || !strings.HasPrefix(path, cloudAPI+"/") {
				return forge.Page{}, transport.ErrNotAList
			}
			address = path
		}
		var answer cloudPage[cloudFile]
		if err := c.client.get(ctx, address, query, &answer); err != nil {
			return forge.Page{}, err
		}
		if answer.Values == nil {
			return forge.Page{}, transport.ErrNotAList
		}
		out := forge.Page{Next: answer.Next}
		for _, file := range answer.Values {
			out.Items = append(out.Items, forge.Renamed(file.Old.Path, file.New.Path)...)
		}
		return out, nil
	})
}
