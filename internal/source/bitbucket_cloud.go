package source

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// cloudAPI is where Bitbucket Cloud answers.
	cloudAPI = "https://api.bitbucket.org/2.0/repositories"
	// cloudRequests is the largest page of requests that it gives.
	cloudRequests = "50"
	// fullCommit is how long a commit is that is not abbreviated.
	fullCommit = 40
)

// cloudRepository is a repository on bitbucket.org.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/intro/
type cloudRepository struct {
	url    repositoryURL
	api    string // of the repository
	client bitbucketClient
}

func newCloudRepository(u repositoryURL, client bitbucketClient) *cloudRepository {
	api := repositoryURL{base: cloudAPI, path: u.path}
	return &cloudRepository{url: u, api: api.String(), client: client}
}

// visible asks for the repository itself.
func (c *cloudRepository) visible(ctx context.Context) error {
	var repository struct {
		FullName string `json:"full_name"`
	}
	if err := c.client.get(ctx, c.api, nil, &repository); err != nil {
		return err
	}
	return exists(repository.FullName)
}

// cloudPage is how lists are answered.
type cloudPage[T any] struct {
	Values []T    `json:"values"`
	Next   string `json:"next"`
	Size   int    `json:"size"`
}

// cloudList reads a page. The address of the next one is the server's to make;
// its query is all that is taken of it, so that the token goes nowhere else.
func cloudList[T any](ctx context.Context, c *cloudRepository, path string, query url.Values, read func(T) (Item, error)) (page, error) {
	var answer cloudPage[T]
	if err := c.client.get(ctx, c.api+path, query, &answer); err != nil {
		return page{}, err
	}
	items, err := itemsOf(answer.Values, read)
	_, next, _ := strings.Cut(answer.Next, "?")
	return page{items: items, next: next, total: answer.Size}, err
}

// cloudQuery is what to ask for at a cursor; first is for the first page.
func cloudQuery(at string, first url.Values) (url.Values, error) {
	if at == "" {
		return first, nil
	}
	query, err := url.ParseQuery(at)
	if err != nil {
		return nil, errNotAList
	}
	return query, nil
}

func (c *cloudRepository) requests() *collection {
	return &collection{
		one: "pull request", many: "open pull requests", repository: c.url,
		page: c.requestsPage, find: c.request, files: c.files, visible: c.visible, complete: c.unabbreviate,
	}
}

// cloudRequest is what is needed of a pull request.
type cloudRequest struct {
	ID     int    `json:"id"`
	Title  string `json:"title"`
	State  string `json:"state"`
	Draft  bool   `json:"draft"`
	Author struct {
		AccountID   string `json:"account_id"`
		UUID        string `json:"uuid"`
		Nickname    string `json:"nickname"`
		DisplayName string `json:"display_name"`
	} `json:"author"`
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
func (c *cloudRepository) requestsPage(ctx context.Context, _ Query, at string) (page, error) {
	query, err := cloudQuery(at, url.Values{
		"q":       {`state = "OPEN" AND (draft = true OR draft = false)`},
		"sort":    {"created_on"},
		"pagelen": {cloudRequests},
	})
	if err != nil {
		return page{}, err
	}
	return cloudList(ctx, c, "/pullrequests", query, cloudRequest.item)
}

func (c *cloudRepository) request(ctx context.Context, key string) (Item, error) {
	if _, err := number(key); err != nil {
		return Item{}, err
	}
	var request cloudRequest
	if err := c.client.get(ctx, c.api+"/pullrequests/"+key, nil, &request); err != nil {
		return Item{}, err
	}
	return request.item()
}

func (r cloudRequest) item() (Item, error) {
	item := Item{
		ID: strconv.Itoa(r.ID), SHA: r.Source.Commit.Hash, Branch: r.Source.Branch.Name,
		TargetBranch: r.Destination.Branch.Name, Title: r.Title,
		Author: cmp.Or(r.Author.Nickname, r.Author.DisplayName), Login: cmp.Or(r.Author.AccountID, r.Author.UUID, unnamed), URL: r.Links.HTML.Href,
		Fork:  r.Source.Repository.FullName != r.Destination.Repository.FullName,
		Draft: r.Draft, UpdatedAt: r.UpdatedOn,
	}
	var err error
	item.Closed, err = isOver(r.State, []string{"OPEN", "DRAFT", "QUEUED"}, []string{"MERGED", "DECLINED", "SUPERSEDED"})
	return item, err
}

// unabbreviate gives requests their commits in full, which Flux and registries
// want and a request does not tell. Most are the heads of branches of the
// repository, which one listing tells; the rest are asked for one by one.
func (c *cloudRepository) unabbreviate(ctx context.Context, items []Item) ([]Item, error) {
	heads := map[string]string{}
	if len(items) > 1 {
		branches, err := c.branches().List(ctx, Query{})
		if err != nil {
			return nil, inPart("the branches", err)
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
func (c *cloudRepository) head(ctx context.Context, item Item) (string, error) {
	var answer cloudPage[cloudCommit]
	path := "/pullrequests/" + item.ID + "/commits"
	if err := c.client.get(ctx, c.api+path, url.Values{"pagelen": {"1"}}, &answer); err != nil {
		return "", inPart("the commits of request "+item.ID, err)
	}
	if answer.Values == nil {
		return "", errNotAList
	}
	if len(answer.Values) > 0 && strings.HasPrefix(answer.Values[0].Hash, item.SHA) {
		return answer.Values[0].Hash, nil
	}
	return "", nil
}

// cloudCommit is a commit, in full where it stands by itself.
type cloudCommit struct {
	Hash string `json:"hash"`
}

func (c *cloudRepository) branches() *collection {
	return c.refs("branch", "branches", "/refs/branches", branchItem)
}

func (c *cloudRepository) tags() *collection {
	return c.refs("tag", "tags", "/refs/tags", tagItem)
}

// cloudRef is a branch or a tag. Target is the commit, also of an annotated tag.
type cloudRef struct {
	Name   string      `json:"name"`
	Target cloudCommit `json:"target"`
}

// refs watches branches or tags. One of them is looked up by a query, in which
// a name may hold a slash.
func (c *cloudRepository) refs(one, many, path string, item func(name, sha string) Item) *collection {
	list := func(ctx context.Context, q, at string) (page, error) {
		first := url.Values{"sort": {"name"}, "pagelen": {strconv.Itoa(pageSize)}}
		if q != "" {
			first.Set("q", q)
		}
		query, err := cloudQuery(at, first)
		if err != nil {
			return page{}, err
		}
		return cloudList(ctx, c, path, query, func(r cloudRef) (Item, error) { return item(r.Name, r.Target.Hash), nil })
	}
	return &collection{
		one: one, many: many, repository: c.url, visible: c.visible,
		page: func(ctx context.Context, _ Query, at string) (page, error) { return list(ctx, "", at) },
		find: func(ctx context.Context, name string) (Item, error) {
			return findIn(ctx, name, func(ctx context.Context, at string) (page, error) {
				return list(ctx, "name = "+strconv.Quote(name), at)
			})
		},
	}
}
