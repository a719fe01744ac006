package bitbucket

import (
	"context"
	"net/url"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

const (
	// cloudAPI is where Bitbucket Cloud answers.
	cloudAPI = "https://api.bitbucket.org/2.0/repositories"
	// cloudRequests is the largest page of requests that it gives.
	cloudRequests = "50"
	// fullCommit is how long a commit is that is not abbreviated.
	fullCommit = 40
)

// Cloud is a repository on bitbucket.org.
//
// https://developer.atlassian.com/cloud/bitbucket/rest/intro/
type Cloud struct {
	place  forge.Place
	api    string // of the repository
	client client
}

func newCloud(place forge.Place, client client) *Cloud {
	api := forge.URL{Base: cloudAPI, Path: place.Path}
	return &Cloud{place: place, api: api.String(), client: client}
}

// visible asks for the repository itself.
func (c *Cloud) visible(ctx context.Context) error {
	var repository struct {
		FullName string `json:"full_name"`
	}
	if err := c.client.get(ctx, c.api, nil, &repository); err != nil {
		return err
	}
	return forge.Exists(repository.FullName)
}

// cloudPage is how lists are answered.
type cloudPage[T any] struct {
	Values []T    `json:"values"`
	Next   string `json:"next"`
	Size   int    `json:"size"`
}

// cloudList reads a page. The address of the next one is the server's to make;
// its query is all that is taken of it, so that the token goes nowhere else.
func cloudList[T any](ctx context.Context, c *Cloud, at listing, read func(T) (forge.Item, error)) (forge.Page, error) {
	var answer cloudPage[T]
	if err := c.client.get(ctx, c.api+at.path, at.query, &answer); err != nil {
		return forge.Page{}, err
	}
	items, err := forge.ItemsOf(answer.Values, read)
	_, next, _ := strings.Cut(answer.Next, "?")
	return forge.Page{Items: items, Next: next, Total: answer.Size}, err
}

// cloudQuery is what to ask for at a cursor; first is for the first page.
func cloudQuery(at string, first url.Values) (url.Values, error) {
	if at == "" {
		return first, nil
	}
	query, err := url.ParseQuery(at)
	if err != nil {
		return nil, transport.ErrNotAList
	}
	return query, nil
}

// cloudCommit is a commit, in full where it stands by itself.
type cloudCommit struct {
	Hash string `json:"hash"`
}
