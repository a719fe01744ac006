package bitbucket

import (
	"context"
	"net/url"
	"strconv"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

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

// Files implements forge.Files.
func (s *Server) Files(ctx context.Context, item forge.Item) ([]string, error) {
	return s.Requests().ReadFiles(ctx, item, s.files)
}

// files reads the changes of a request.
//
// https://developer.atlassian.com/server/bitbucket/rest/v906/api-group-pull-requests/
func (s *Server) files(ctx context.Context, item forge.Item) ([]string, error) {
	if _, err := forge.Number(item.ID); err != nil {
		return nil, err
	}
	var answer serverPage[serverFile]
	query := url.Values{"limit": {strconv.Itoa(serverMaxFiles)}, "withComments": {"false"}}
	if err := s.client.get(ctx, s.api+"/pull-requests/"+item.ID+"/changes", query, &answer); err != nil {
		return nil, err
	}
	switch {
	case answer.IsLast == nil || answer.Values == nil:
		return nil, transport.ErrNotAList
	case !*answer.IsLast || len(answer.Values) >= serverMaxFiles:
		return nil, forge.ErrTooManyFiles
	}
	return forge.ListPaths(ctx, func(context.Context, string) (forge.Page, error) {
		out := forge.Page{}
		for _, file := range answer.Values {
			out.Items = append(out.Items, forge.Paths(file.Path.Text, file.SrcPath.Text)...)
		}
		return out, nil
	})
}
