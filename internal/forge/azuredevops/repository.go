// Package azuredevops speaks to Azure DevOps Services and Server.
package azuredevops

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// form is how an Azure DevOps repository is written.
const form = "https://dev.azure.com/ORGANISATION/PROJECT/_git/REPOSITORY, https://ORGANISATION.visualstudio.com/PROJECT/_git/REPOSITORY or https://HOST/COLLECTION/PROJECT/_git/REPOSITORY"

// apiVersion is the version of the REST API, spoken by Azure DevOps Services and
// by Server from 2022 on.
const apiVersion = "7.0"

// Repository is an Azure DevOps repository.
//
// It speaks to the few endpoints that it needs itself: Microsoft's library
// first asks the server where its endpoints are, in several requests a run,
// and takes neither a transport nor its errors.
//
// https://learn.microsoft.com/en-us/rest/api/azure/devops/git/pull-requests
type Repository struct {
	place forge.Place
	api   string // of the repository
	login transport.Credentials
	http  *http.Client

	mu sync.Mutex
	// project is the number of its project, once it was asked for.
	project string
}

// Open opens a repository.
func Open(config forge.Config) (*Repository, error) {
	place, err := forge.PlaceOf(config, form)
	if err != nil {
		return nil, err
	}
	project, name, ok := pathOf(place.URL)
	if !ok {
		return nil, fmt.Errorf("parsing the repository URL: %q is not a project and _git repository; expected %s", config.URL, form)
	}
	api := place.Base
	for _, part := range append(project, "_apis", "git", "repositories", name) {
		api += "/" + url.PathEscape(part)
	}
	return &Repository{place: place, api: api, login: config.Credentials, http: transport.NewClient(config.Config, transport.Dialect{Says: transport.Field("message")})}, nil
}

// pathOf splits …/PROJECT/_git/REPOSITORY. Before the project stands the
// organisation, or on a server the collection and what is above it; nothing on
// ORGANISATION.visualstudio.com.
func pathOf(u forge.URL) (project []string, name string, ok bool) {
	n := len(u.Path)
	if n < 3 || u.Path[n-2] != "_git" {
		return nil, "", false
	}
	project = u.Path[: n-2 : n-2]
	if len(project) < 2 && !strings.HasSuffix(u.Base, ".visualstudio.com") {
		return nil, "", false
	}
	return project, u.Path[n-1], true
}

// visible asks for the repository itself.
func (a *Repository) visible(ctx context.Context) error {
	var repository struct {
		ID string `json:"id"`
	}
	if _, err := a.get(ctx, "", nil, &repository); err != nil {
		return err
	}
	return forge.Exists(repository.ID)
}

// list is how lists are answered.
type list[T any] struct {
	Value []T  `json:"value"`
	Count *int `json:"count"`
}

// items reads a list that has as many values as it says.
func (l list[T]) items(read func(T) (forge.Item, error)) ([]forge.Item, error) {
	if l.Count == nil || *l.Count != len(l.Value) {
		return nil, transport.ErrNotAList
	}
	return forge.ItemsOf(l.Value, read)
}

// get asks one endpoint of the repository. It returns where the next part of a
// list begins, where the server says so.
func (a *Repository) get(ctx context.Context, path string, query url.Values, into any) (next string, err error) {
	if query == nil {
		query = url.Values{}
	}
	query.Set("api-version", apiVersion)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.api+path+"?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	return a.do(req, into)
}

// tell tells one endpoint of the repository something.
func (a *Repository) tell(ctx context.Context, what telling, into any) error {
	body, err := forge.Body(what.body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, what.method, a.api+what.path+"?api-version="+apiVersion, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	_, err = a.do(req, into)
	return err
}

// telling is what an endpoint is told.
type telling struct {
	method, path string
	// body is sent as JSON; nothing is where it is nil.
	body any
}

func (a *Repository) do(req *http.Request, into any) (next string, err error) {
	switch {
	case a.login.Token != "":
		req.Header.Set("Authorization", "Bearer "+a.login.Token)
	case a.login.Password != "":
		req.SetBasicAuth("", a.login.Password)
	}
	header, err := transport.Do(a.http, req, into)
	return header.Get("X-Ms-Continuationtoken"), err
}
