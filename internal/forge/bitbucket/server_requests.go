package bitbucket

import (
	"context"
	"strconv"

	"github.com/eddy-previews/eddy/internal/forge"
)

// Requests implements forge.Repository.
func (s *Server) Requests() *forge.Collection {
	return &forge.Collection{
		One: "pull request", Many: "open pull requests", Of: s.place,
		Page: s.requestsPage, Find: s.request, Visible: s.visible,
	}
}

// serverRequest is what is needed of a pull request. Servers before 8.18 know
// no drafts.
type serverRequest struct {
	ID     int    `json:"id"`
	Title  string `json:"title"`
	State  string `json:"state"`
	Draft  bool   `json:"draft"`
	Author struct {
		User serverUser `json:"user"`
	} `json:"author"`
	From        serverEnd `json:"fromRef"`
	To          serverEnd `json:"toRef"`
	UpdatedDate int64     `json:"updatedDate"` // in milliseconds
	Links       struct {
		Self []struct {
			Href string `json:"href"`
		} `json:"self"`
	} `json:"links"`
}

// serverEnd is where a request comes from or goes to.
type serverEnd struct {
	serverRef
	Repository struct {
		ID int `json:"id"`
	} `json:"repository"`
}

// requestsPage reads a page. The oldest request comes first, so that a new one
// does not move the others to other pages.
func (s *Server) requestsPage(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
	query := start(at)
	query.Set("state", "OPEN")
	query.Set("order", "OLDEST")
	return serverList(ctx, s, listing{"/pull-requests", query}, serverRequest.item)
}

func (s *Server) request(ctx context.Context, key string) (forge.Item, error) {
	if _, err := forge.Number(key); err != nil {
		return forge.Item{}, err
	}
	var request serverRequest
	if err := s.client.get(ctx, s.api+"/pull-requests/"+key, nil, &request); err != nil {
		return forge.Item{}, err
	}
	return request.item()
}

func (r serverRequest) item() (forge.Item, error) {
	item := forge.Item{
		ID: strconv.Itoa(r.ID), SHA: r.From.LatestCommit, Branch: r.From.DisplayID,
		TargetBranch: r.To.DisplayID, Title: r.Title, Author: r.Author.User.Name, AuthorID: r.Author.User.account(),
		Fork: r.From.Repository.ID != r.To.Repository.ID, Draft: r.Draft,
		UpdatedAt: inMillis(r.UpdatedDate),
	}
	if r.From.Repository.ID > 0 {
		item.Source = strconv.Itoa(r.From.Repository.ID)
	}
	if len(r.Links.Self) > 0 {
		item.URL = r.Links.Self[0].Href
	}
	var err error
	item.Closed, err = forge.IsOver(r.State, []string{"OPEN"}, []string{"MERGED", "DECLINED"})
	return item, err
}
