package source

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// azureForm is how an Azure DevOps repository is written.
const azureForm = "https://dev.azure.com/ORGANISATION/PROJECT/_git/REPOSITORY, https://ORGANISATION.visualstudio.com/PROJECT/_git/REPOSITORY or https://HOST/COLLECTION/PROJECT/_git/REPOSITORY"

// azureAPI is the version of the REST API, spoken by Azure DevOps Services and
// by Server from 2022 on.
const azureAPI = "7.0"

// azureRepository is an Azure DevOps repository.
//
// It speaks to the few endpoints that it needs itself: Microsoft's library
// first asks the server where its endpoints are, in several requests a run,
// and takes neither a transport nor its errors.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-requests
type azureRepository struct {
	url   repositoryURL
	api   string // of the repository
	login Credentials
	http  *http.Client
}

func openAzureDevOps(config Config) (*azureRepository, error) {
	parsed, err := parseURL(config.URL, azureForm)
	if err != nil {
		return nil, err
	}
	project, name, ok := azurePath(parsed)
	if !ok {
		return nil, fmt.Errorf("parsing the repository URL: %q is not a project and _git repository; expected %s", config.URL, azureForm)
	}
	api := parsed.base
	for _, part := range append(project, "_apis", "git", "repositories", name) {
		api += "/" + url.PathEscape(part)
	}
	return &azureRepository{url: parsed, api: api, login: config.Credentials, http: newHTTPClient(config, manners{says: field("message")})}, nil
}

// azurePath splits …/PROJECT/_git/REPOSITORY. Before the project stands the
// organisation, or on a server the collection and what is above it; nothing on
// ORGANISATION.visualstudio.com.
func azurePath(u repositoryURL) (project []string, name string, ok bool) {
	n := len(u.path)
	if n < 3 || u.path[n-2] != "_git" {
		return nil, "", false
	}
	project = u.path[: n-2 : n-2]
	if len(project) < 2 && !strings.HasSuffix(u.base, ".visualstudio.com") {
		return nil, "", false
	}
	return project, u.path[n-1], true
}

// azureRequest is what is needed of a pull request.
type azureRequest struct {
	ID            int    `json:"pullRequestId"`
	Status        string `json:"status"`
	Title         string `json:"title"`
	SourceRefName string `json:"sourceRefName"`
	TargetRefName string `json:"targetRefName"`
	IsDraft       bool   `json:"isDraft"`
	CreatedBy     struct {
		DisplayName string `json:"displayName"`
		UniqueName  string `json:"uniqueName"`
	} `json:"createdBy"`
	// SourceCommit is missing until the server has tried the merge.
	SourceCommit struct {
		ID string `json:"commitId"`
	} `json:"lastMergeSourceCommit"`
	ForkSource *struct{}    `json:"forkSource"`
	Labels     []azureLabel `json:"labels"`
}

type azureLabel struct {
	Name   string `json:"name"`
	Active *bool  `json:"active"`
}

// visible asks for the repository itself.
func (a *azureRepository) visible(ctx context.Context) error {
	var repository struct {
		ID string `json:"id"`
	}
	if _, err := a.get(ctx, "", nil, &repository); err != nil {
		return err
	}
	return exists(repository.ID)
}

func (a *azureRepository) requests() *collection {
	return &collection{
		one: "pull request", many: "active pull requests", repository: a.url,
		page: a.requestsPage, find: a.request, files: a.files, visible: a.visible,
	}
}

// requestsPage reads a page. The server does not say how many there are: a full
// page may be followed by another one.
func (a *azureRepository) requestsPage(ctx context.Context, _ Query, at string) (page, error) {
	number := numbered(at)
	query := url.Values{
		"searchCriteria.status": {"active"},
		"$top":                  {strconv.Itoa(pageSize)},
		"$skip":                 {strconv.Itoa((number - 1) * pageSize)},
	}
	var answer azureList[azureRequest]
	if _, err := a.get(ctx, "/pullrequests", query, &answer); err != nil {
		return page{}, err
	}
	items, err := answer.items(func(r azureRequest) (Item, error) { return a.item(r, r.Labels) })
	out := page{items: items}
	if len(items) >= pageSize {
		out.next = cursor(number + 1)
	}
	return out, err
}

// azureList is how lists are answered.
type azureList[T any] struct {
	Value []T  `json:"value"`
	Count *int `json:"count"`
}

// items reads a list that has as many values as it says.
func (l azureList[T]) items(read func(T) (Item, error)) ([]Item, error) {
	if l.Count == nil || *l.Count != len(l.Value) {
		return nil, errNotAList
	}
	return itemsOf(l.Value, read)
}

// request looks one up. The answer for a single request has no labels, so they
// are asked for apart.
func (a *azureRepository) request(ctx context.Context, key string) (Item, error) {
	if _, err := number(key); err != nil {
		return Item{}, err
	}
	var request azureRequest
	if _, err := a.get(ctx, "/pullrequests/"+key, nil, &request); err != nil {
		return Item{}, err
	}
	var labels azureList[azureLabel]
	if _, err := a.get(ctx, "/pullrequests/"+key+"/labels", nil, &labels); err != nil {
		return Item{}, inPart("its labels", err)
	}
	if labels.Value == nil {
		return Item{}, errNotAList
	}
	return a.item(request, labels.Value)
}

// get asks one endpoint of the repository. It returns where the next part of a
// list begins, where the server says so.
func (a *azureRepository) get(ctx context.Context, path string, query url.Values, into any) (next string, err error) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("api-version", azureAPI)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.api+path+"?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	switch {
	case a.login.Token != "":
		req.Header.Set("Authorization", "Bearer "+a.login.Token)
	case a.login.Password != "":
		req.SetBasicAuth("", a.login.Password)
	}
	header, err := getJSON(a.http, req, into)
	return header.Get("X-Ms-Continuationtoken"), err
}

func (a *azureRepository) item(r azureRequest, labels []azureLabel) (Item, error) {
	item := Item{
		ID: strconv.Itoa(r.ID), SHA: r.SourceCommit.ID, Title: r.Title, Author: r.CreatedBy.DisplayName,
		Branch:       strings.TrimPrefix(r.SourceRefName, "refs/heads/"),
		TargetBranch: strings.TrimPrefix(r.TargetRefName, "refs/heads/"),
		URL:          fmt.Sprintf("%s/pullrequest/%d", a.url, r.ID),
		Fork:         r.ForkSource != nil, Draft: r.IsDraft,
	}
	for _, label := range labels {
		if label.Active == nil || *label.Active {
			item.Labels = append(item.Labels, label.Name)
		}
	}
	item.Login = cmp.Or(r.CreatedBy.UniqueName, unnamed)
	var err error
	item.Closed, err = isOver(r.Status, []string{"active"}, []string{"abandoned", "completed"})
	return item, err
}

func (a *azureRepository) branches() *collection {
	return a.refs("branch", "branches", azureRefs{"heads/", branchItem})
}

func (a *azureRepository) tags() *collection {
	return a.refs("tag", "tags", azureRefs{"tags/", tagItem})
}

// azureRefs are the references below a prefix.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/refs/list
type azureRefs struct {
	prefix string
	item   func(name, sha string) Item
}

// azureRef is a branch or a tag.
type azureRef struct {
	Name     string `json:"name"`
	ObjectID string `json:"objectId"`
	// PeeledID is the commit behind an annotated tag.
	PeeledID string `json:"peeledObjectId"`
}

func (a *azureRepository) refs(one, many string, refs azureRefs) *collection {
	return &collection{
		one: one, many: many, repository: a.url, visible: a.visible,
		page: func(ctx context.Context, _ Query, at string) (page, error) {
			return a.refsPage(ctx, refs, "", at)
		},
		find: func(ctx context.Context, name string) (Item, error) {
			return findIn(ctx, name, func(ctx context.Context, at string) (page, error) {
				return a.refsPage(ctx, refs, name, at)
			})
		},
	}
}

// refsPage reads a page of the references whose names begin with a text.
func (a *azureRepository) refsPage(ctx context.Context, refs azureRefs, start, at string) (page, error) {
	query := url.Values{"filter": {refs.prefix + start}, "peelTags": {"true"}, "$top": {strconv.Itoa(pageSize)}}
	if at != "" {
		query.Set("continuationToken", at)
	}
	var answer azureList[azureRef]
	next, err := a.get(ctx, "/refs", query, &answer)
	if err != nil {
		return page{}, err
	}
	items, err := answer.items(func(r azureRef) (Item, error) {
		return refs.item(strings.TrimPrefix(r.Name, "refs/"+refs.prefix), cmp.Or(r.PeeledID, r.ObjectID)), nil
	})
	return page{items: items, next: next}, err
}
