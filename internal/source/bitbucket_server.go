package source

import (
	"context"
	"net/url"
	"strconv"
	"time"
)

// serverRepository is a repository on a Bitbucket Data Center.
//
// https://developer.atlassian.com/server/bitbucket/rest/
type serverRepository struct {
	url    repositoryURL
	api    string // of the repository
	client bitbucketClient
}

// newServerRepository takes the address of the server, and the path of the
// repository in its API: projects/KEY/repos/NAME.
func newServerRepository(u repositoryURL, server, path string, client bitbucketClient) *serverRepository {
	return &serverRepository{url: u, api: server + "/rest/api/1.0/" + path, client: client}
}

// visible asks for the repository itself.
func (s *serverRepository) visible(ctx context.Context) error {
	var repository struct {
		ID int `json:"id"`
	}
	if err := s.client.get(ctx, s.api, nil, &repository); err != nil {
		return err
	}
	return exists(repository.ID)
}

// serverPage is how lists are answered. The server may give smaller pages than
// were asked for, so only it knows where the next one starts.
type serverPage[T any] struct {
	Values []T   `json:"values"`
	IsLast *bool `json:"isLastPage"`
	Next   int   `json:"nextPageStart"`
}

func serverList[T any](ctx context.Context, s *serverRepository, path string, query url.Values, read func(T) (Item, error)) (page, error) {
	var answer serverPage[T]
	query.Set("limit", strconv.Itoa(pageSize))
	if err := s.client.get(ctx, s.api+path, query, &answer); err != nil {
		return page{}, err
	}
	if answer.IsLast == nil || !*answer.IsLast && answer.Next == 0 {
		return page{}, errNotAList
	}
	items, err := itemsOf(answer.Values, read)
	out := page{items: items}
	if !*answer.IsLast {
		out.next = cursor(answer.Next)
	}
	return out, err
}

// start is where a page begins.
func start(at string) url.Values {
	if at == "" {
		at = "0"
	}
	return url.Values{"start": {at}}
}

func (s *serverRepository) requests() *collection {
	return &collection{
		one: "pull request", many: "open pull requests", repository: s.url,
		page: s.requestsPage, find: s.request, files: s.files, visible: s.visible,
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
		User struct {
			Name string `json:"name"`
		} `json:"user"`
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

// serverRef is a branch or a tag. The commit is also that of an annotated tag.
type serverRef struct {
	DisplayID    string `json:"displayId"`
	LatestCommit string `json:"latestCommit"`
}

// requestsPage reads a page. The oldest request comes first, so that a new one
// does not move the others to other pages.
func (s *serverRepository) requestsPage(ctx context.Context, _ Query, at string) (page, error) {
	query := start(at)
	query.Set("state", "OPEN")
	query.Set("order", "OLDEST")
	return serverList(ctx, s, "/pull-requests", query, serverRequest.item)
}

func (s *serverRepository) request(ctx context.Context, key string) (Item, error) {
	if _, err := number(key); err != nil {
		return Item{}, err
	}
	var request serverRequest
	if err := s.client.get(ctx, s.api+"/pull-requests/"+key, nil, &request); err != nil {
		return Item{}, err
	}
	return request.item()
}

func (r serverRequest) item() (Item, error) {
	item := Item{
		ID: strconv.Itoa(r.ID), SHA: r.From.LatestCommit, Branch: r.From.DisplayID,
		TargetBranch: r.To.DisplayID, Title: r.Title, Author: r.Author.User.Name,
		Fork: r.From.Repository.ID != r.To.Repository.ID, Draft: r.Draft,
		UpdatedAt: time.UnixMilli(r.UpdatedDate).UTC(),
	}
	if len(r.Links.Self) > 0 {
		item.URL = r.Links.Self[0].Href
	}
	var err error
	item.Closed, err = isOver(r.State, []string{"OPEN"}, []string{"MERGED", "DECLINED"})
	return item, err
}

func (s *serverRepository) branches() *collection {
	return s.refs("branch", "branches", "/branches", branchItem)
}

func (s *serverRepository) tags() *collection {
	return s.refs("tag", "tags", "/tags", tagItem)
}

// refs watches branches or tags. One of them is looked for among those that
// have its name as a part of theirs.
func (s *serverRepository) refs(one, many, path string, item func(name, sha string) Item) *collection {
	list := func(ctx context.Context, text, at string) (page, error) {
		query := start(at)
		query.Set("orderBy", "ALPHABETICAL")
		if text != "" {
			query.Set("filterText", text)
		}
		return serverList(ctx, s, path, query, func(r serverRef) (Item, error) { return item(r.DisplayID, r.LatestCommit), nil })
	}
	return &collection{
		one: one, many: many, repository: s.url, visible: s.visible,
		page: func(ctx context.Context, _ Query, at string) (page, error) { return list(ctx, "", at) },
		find: func(ctx context.Context, name string) (Item, error) {
			return findIn(ctx, name, func(ctx context.Context, at string) (page, error) { return list(ctx, name, at) })
		},
	}
}
