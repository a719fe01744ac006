package source

import (
	"context"
	"net/url"
	"strconv"
	"strings"
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

// files reads the list of files of a request. It is answered with a redirect to
// a comparison of commits, whose pages are found by their whole address: below
// the same API, or they are not asked for with the token.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/api-group-pullrequests/
func (c *cloudRepository) files(ctx context.Context, item Item) ([]string, error) {
	if _, err := number(item.ID); err != nil {
		return nil, err
	}
	return listPaths(ctx, func(ctx context.Context, at string) (page, error) {
		address, query := c.api+"/pullrequests/"+item.ID+"/diffstat", url.Values{}
		if path, text, found := strings.Cut(at, "?"); found {
			var err error
			if query, err = url.ParseQuery(text); err != nil || !strings.HasPrefix(path, cloudAPI+"/") {
				return page{}, errNotAList
			}
			address = path
		}
		var answer cloudPage[cloudFile]
		if err := c.client.get(ctx, address, query, &answer); err != nil {
			return page{}, err
		}
		if answer.Values == nil {
			return page{}, errNotAList
		}
		out := page{next: answer.Next}
		for _, file := range answer.Values {
			out.add(renamed(file.Old.Path, file.New.Path)...)
		}
		return out, nil
	})
}

// serverMaxFiles is how many files a Data Center tells of a request
// (page.max.changes), if its administrator has not changed it. There is no
// second page.
//
// https://jira.atlassian.com/browse/BSERV-5328
const serverMaxFiles = 1000

// serverFile is what became of a file.
type serverFile struct {
	Path    serverPath `json:"path"`
	SrcPath serverPath `json:"srcPath"`
}

type serverPath struct {
	Text string `json:"toString"`
}

// files reads the changes of a request.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/
func (s *serverRepository) files(ctx context.Context, item Item) ([]string, error) {
	if _, err := number(item.ID); err != nil {
		return nil, err
	}
	var answer serverPage[serverFile]
	query := url.Values{"limit": {strconv.Itoa(serverMaxFiles)}, "withComments": {"false"}}
	if err := s.client.get(ctx, s.api+"/pull-requests/"+item.ID+"/changes", query, &answer); err != nil {
		return nil, err
	}
	switch {
	case answer.IsLast == nil || answer.Values == nil:
		return nil, errNotAList
	case !*answer.IsLast || len(answer.Values) >= serverMaxFiles:
		return nil, ErrTooManyFiles
	}
	return listPaths(ctx, func(context.Context, string) (page, error) {
		out := page{}
		for _, file := range answer.Values {
			out.add(file.Path.Text, file.SrcPath.Text)
		}
		return out, nil
	})
}
