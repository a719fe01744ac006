// Package gitea speaks to Gitea and Forgejo.
package gitea

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"code.gitea.io/sdk/gitea"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// form is how a Gitea or Forgejo repository is written.
const form = "https://HOST/OWNER/REPOSITORY"

// Repository is a repository on Gitea or Forgejo.
type Repository struct {
	place       forge.Place
	base        string // of the server, with its sub-path
	owner, name string
	token       string
	http        *http.Client
}

// Open opens a repository.
func Open(config forge.Config) (*Repository, error) {
	place, err := forge.PlaceOf(config, form)
	if err != nil {
		return nil, err
	}
	if len(place.Path) < 2 {
		return nil, fmt.Errorf("parsing the repository URL: %q has no owner and repository; expected %s", config.URL, form)
	}
	// A server may live below a path: all but the last two parts.
	n := len(place.Path) - 2
	server := forge.URL{Base: place.Base, Path: place.Path[:n]}
	return &Repository{
		place: place, base: server.String(), owner: place.Path[n], name: place.Path[n+1],
		token: config.Credentials.Password, http: transport.NewClient(config.Config, transport.Dialect{Says: transport.Field("message")}),
	}, nil
}

// client returns the SDK's client for one call: it keeps its context to itself.
// The empty version keeps it from asking the server for one each time.
func (g *Repository) client(ctx context.Context) (*gitea.Client, error) {
	return gitea.NewClient(g.base,
		gitea.SetContext(ctx), gitea.SetHTTPClient(g.http), gitea.SetToken(g.token), gitea.SetGiteaVersion(""))
}

// visible asks for the repository itself.
func (g *Repository) visible(ctx context.Context) error {
	client, err := g.client(ctx)
	if err != nil {
		return err
	}
	repository, _, err := client.GetRepo(g.owner, g.name)
	if err != nil {
		return err
	}
	return forge.Exists(repository.ID)
}

// pageOf reads what the SDK returned for a page.
func pageOf[T any](things []*T, resp *gitea.Response, err error, read func(*T) (forge.Item, error)) (forge.Page, error) {
	if err != nil {
		return forge.Page{}, err
	}
	if err := forge.Listed(things); err != nil {
		return forge.Page{}, err
	}
	items, err := forge.ItemsOf(things, read)
	return forge.Page{Items: items, Next: transport.Cursor(resp.NextPage), Total: totalOf(resp)}, err
}

// totalOf returns how many things there are; 0 where the server does not
// say, or where there is nothing to count.
func totalOf(resp *gitea.Response) int {
	total, _ := strconv.Atoi(resp.Header.Get("X-Total-Count"))
	return total
}
