package source

import (
	"context"
	"encoding/json"
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

// azureRepository lists the pull requests of an Azure DevOps repository.
//
// It speaks to the two endpoints that it needs itself: Microsoft's library
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

func newAzureDevOps(config Config) (Source, error) {
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
	return &azureRepository{url: parsed, api: api, login: config.Credentials, http: newHTTPClient(config)}, nil
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

// List implements Source.
func (a *azureRepository) List(ctx context.Context, _ Query) ([]Item, error) {
	items, err := listAll(ctx, a.page)
	if err != nil {
		return nil, failed("listing the active pull requests", a.url, err)
	}
	return items, nil
}

// page reads one page. The server does not say how many there are: a full page
// may be followed by another one.
func (a *azureRepository) page(ctx context.Context, number int) (page, error) {
	query := url.Values{
		"searchCriteria.status": {"active"},
		"$top":                  {strconv.Itoa(pageSize)},
		"$skip":                 {strconv.Itoa((number - 1) * pageSize)},
	}
	var answer struct {
		Value []azureRequest `json:"value"`
		Count *int           `json:"count"`
	}
	if err := a.get(ctx, "/pullrequests", query, &answer); err != nil {
		return page{}, err
	}
	if answer.Value == nil || answer.Count == nil || *answer.Count != len(answer.Value) {
		return page{}, errNotAList
	}
	out := page{}
	for _, request := range answer.Value {
		out.items = append(out.items, a.item(request, request.Labels))
	}
	if len(answer.Value) >= pageSize {
		out.next = number + 1
	}
	return out, nil
}

// errNotAList is valid JSON that is not the list that was asked for.
var errNotAList = &answer{what: "200 OK with JSON that is not a list of pull requests", kind: ErrInvalidAnswer}

// Lookup implements Source. The answer for a single request has no labels, so
// they are asked for apart.
func (a *azureRepository) Lookup(ctx context.Context, id string) (Item, error) {
	if _, err := strconv.Atoi(id); err != nil {
		return Item{}, fmt.Errorf("pull request %q has no number: %w", id, ErrNotFound)
	}
	var request azureRequest
	if err := a.get(ctx, "/pullrequests/"+id, nil, &request); err != nil {
		return Item{}, failed("looking up pull request "+id, a.url, err)
	}
	var labels struct {
		Value []azureLabel `json:"value"`
	}
	if err := a.get(ctx, "/pullrequests/"+id+"/labels", nil, &labels); err != nil {
		return Item{}, failed("looking up the labels of pull request "+id, a.url, err)
	}
	return a.item(request, labels.Value), nil
}

// get asks one endpoint of the repository.
func (a *azureRepository) get(ctx context.Context, path string, query url.Values, into any) error {
	if query == nil {
		query = url.Values{}
	}
	query.Set("api-version", azureAPI)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.api+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	switch {
	case a.login.Token != "":
		req.Header.Set("Authorization", "Bearer "+a.login.Token)
	case a.login.Password != "":
		req.SetBasicAuth("", a.login.Password)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // it is in memory
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return errNotAList
	}
	return nil
}

func (a *azureRepository) item(r azureRequest, labels []azureLabel) Item {
	item := Item{
		ID: strconv.Itoa(r.ID), SHA: r.SourceCommit.ID, Title: r.Title, Author: r.CreatedBy.DisplayName,
		Branch:       strings.TrimPrefix(r.SourceRefName, "refs/heads/"),
		TargetBranch: strings.TrimPrefix(r.TargetRefName, "refs/heads/"),
		URL:          fmt.Sprintf("%s/pullrequest/%d", a.url, r.ID),
		Fork:         r.ForkSource != nil, Draft: r.IsDraft, Closed: r.Status != "active",
	}
	for _, label := range labels {
		if label.Active == nil || *label.Active {
			item.Labels = append(item.Labels, label.Name)
		}
	}
	return item
}
