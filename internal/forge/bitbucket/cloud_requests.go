package bitbucket

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Requests implements forge.Repository.
func (c *Cloud) Requests() *forge.Collection {
	return &forge.Collection{
		One: "pull request", Many: "open pull requests", Of: c.place,
		Page: c.requestsPage, Find: c.request, Visible: c.visible, Complete: c.unabbreviate,
	}
}

// cloudRequest is what is needed of a pull request.
type cloudRequest struct {
	ID          int       `json:"id"`
	Title       string    `json:"title"`
	State       string    `json:"state"`
	Draft       bool      `json:"draft"`
	Author      cloudUser `json:"author"`
	Source      cloudEnd  `json:"source"`
	Destination cloudEnd  `json:"destination"`
	UpdatedOn   time.Time `json:"updated_on"`
	Links       struct {
		HTML struct {
			Href string `json:"href"`
		} `json:"html"`
	} `json:"links"`
}

// cloudEnd is where a request comes from or goes to.
type cloudEnd struct {
	Branch struct {
		Name string `json:"name"`
	} `json:"branch"`
	// Commit is abbreviated.
	Commit cloudCommit `json:"commit"`
	// Repository is missing when a fork was deleted.
	Repository struct {
		FullName string `json:"full_name"`
	} `json:"repository"`
}

// requestsPage reads a page, the oldest request first. A listing by state alone
// has left out drafts.
//
// https://jira.atlassian.com/browse/BCLOUD-23659
func (c *Cloud) requestsPage(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
	query, err := cloudQuery(at, url.Values{
		"q":       {`state = "OPEN" AND (draft = true OR draft = false)`},
		"sort":    {"created_on"},
		"pagelen": {cloudRequests},
	})
	if err != nil {
		return forge.Page{}, err
	}
	return cloudList(ctx, c, listing{"/pullrequests", query}, cloudRequest.item)
}

func (c *Cloud) request(ctx context.Context, key string) (forge.Item, error) {
	if _, err := forge.Number(key); err != nil {
		return forge.Item{}, err
	}
	var request cloudRequest
	if err := c.client.get(ctx, c.api+"/pullrequests/"+key, nil, &request); err != nil {
		return forge.Item{}, err
	}
	return request.item()
}

func (r cloudRequest) item() (forge.Item, error) {
	item := forge.Item{
		ID: strconv.Itoa(r.ID), SHA: r.Source.Commit.Hash, Branch: r.Source.Branch.Name,
		TargetBranch: r.Destination.Branch.Name, Title: r.Title,
		Author: cmp.Or(r.Author.Nickname, r.Author.DisplayName), Login: cmp.Or(r.Author.login(), forge.Unnamed), URL: r.Links.HTML.Href,
		Fork:   r.Source.Repository.FullName != r.Destination.Repository.FullName,
		Source: r.Source.Repository.FullName,
		Draft:  r.Draft, UpdatedAt: r.UpdatedOn,
	}
	var err error
	item.Closed, err = forge.IsOver(r.State, []string{"OPEN", "DRAFT", "QUEUED"}, []string{"MERGED", "DECLINED", "SUPERSEDED"})
	return item, err
}

// unabbreviate gives requests their commits in full, which Flux and registries
// want and a request does not tell. Most are the heads of branches of the
// repository, which one listing tells; the rest are asked for one by one.
func (c *Cloud) unabbreviate(ctx context.Context, items []forge.Item) ([]forge.Item, error) {
	heads := map[string]string{}
	if len(items) > 1 {
		branches, err := c.Branches().List(ctx, forge.Query{})
		if err != nil {
			return nil, forge.InPart("the branches", err)
		}
		for _, branch := range branches {
			heads[branch.Name] = branch.SHA
		}
	}
	for n, item := range items {
		full := item.SHA
		if head := heads[item.Branch]; !item.Fork && strings.HasPrefix(head, item.SHA) {
			full = head
		}
		if len(full) < fullCommit && !item.Closed {
			var err error
			if full, err = c.head(ctx, item); err != nil {
				return nil, err
			}
		}
		items[n].SHA = full
	}
	return items, nil
}

// head returns the last commit of a request in full; "" when it is another one
// by now, which the next run will tell.
func (c *Cloud) head(ctx context.Context, item forge.Item) (string, error) {
	var answer cloudPage[cloudCommit]
	path := "/pullrequests/" + item.ID + "/commits"
	if err := c.client.get(ctx, c.api+path, url.Values{"pagelen": {"1"}}, &answer); err != nil {
		return "", forge.InPart("the commits of request "+item.ID, err)
	}
	if answer.Values == nil {
		return "", transport.ErrNotAList
	}
	if len(answer.Values) > 0 && strings.HasPrefix(answer.Values[0].Hash, item.SHA) {
		return answer.Values[0].Hash, nil
	}
	return "", nil
}
