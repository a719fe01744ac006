package bitbucket

import (
	"context"
	"net/url"
	"strconv"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Server is a repository on a Bitbucket Data Center.
//
// https://developer.atlassian.com/server/bitbucket/rest/
type Server struct {
	place  forge.Place
	api    string // of the repository
	client client
}

// newServer takes the address of the server, and the path of the
// repository in its API: projects/KEY/repos/NAME.
func newServer(place forge.Place, server, path string, client client) *Server {
	return &Server{place: place, api: server + "/rest/api/1.0/" + path, client: client}
}

// visible asks for the repository itself.
func (s *Server) visible(ctx context.Context) error {
	var repository struct {
		ID int `json:"id"`
	}
	if err := s.client.get(ctx, s.api, nil, &repository); err != nil {
		return err
	}
	return forge.Exists(repository.ID)
}

// serverPage is how lists are answered. The server may give smaller pages than
// were asked for, so only it knows where the next one starts.
type serverPage[T any] struct {
	Values []T   `json:"values"`
	IsLast *bool `json:"isLastPage"`
	Next   int   `json:"nextPageStart"`
}

// next is where the next page starts; "" after the last one. It is an error for what is no
// page.
func (p serverPage[T]) next() (string, error) {
	switch {
	case p.IsLast == nil || p.Values == nil || !*p.IsLast && p.Next == 0:
		return "", transport.ErrNotAList
	case *p.IsLast:
		return "", nil
	default:
		return transport.Cursor(p.Next), nil
	}
}

func serverList[T any](ctx context.Context, s *Server, at listing, read func(T) (forge.Item, error)) (forge.Page, error) {
	var answer serverPage[T]
	at.query.Set("limit", strconv.Itoa(transport.PageSize))
	if err := s.client.get(ctx, s.api+at.path, at.query, &answer); err != nil {
		return forge.Page{}, err
	}
	next, err := answer.next()
	if err != nil {
		return forge.Page{}, err
	}
	items, err := forge.ItemsOf(answer.Values, read)
	return forge.Page{Items: items, Next: next}, err
}

// start is where a page begins.
func start(at string) url.Values {
	if at == "" {
		at = "0"
	}
	return url.Values{"start": {at}}
}

// serverRef is a branch or a tag. The commit is also that of an annotated tag.
type serverRef struct {
	DisplayID    string `json:"displayId"`
	LatestCommit string `json:"latestCommit"`
}
