// Package github speaks to github.com, to GitHub Enterprise, and to a region of
// it.
package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/go-github/v87/github"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// form is how a GitHub repository is written.
const form = "https://HOST/OWNER/REPOSITORY"

// Repository is a repository on github.com or on GitHub Enterprise.
type Repository struct {
	place       forge.Place
	owner, name string
	client      *github.Client
}

// Open opens a repository.
func Open(config forge.Config) (*Repository, error) {
	place, err := forge.PlaceOf(config, form)
	if err != nil {
		return nil, err
	}
	if len(place.Path) != 2 {
		return nil, fmt.Errorf("parsing the repository URL: %q is not an owner and a repository; expected %s", config.URL, form)
	}
	client, err := newClient(place.URL, transport.NewClient(config.Config, transport.Dialect{Says: transport.Field("message")}), config.Credentials.Password)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", place, err)
	}
	return &Repository{place: place, owner: place.Path[0], name: place.Path[1], client: client}, nil
}

// newClient reaches api.github.com, api.NAME.ghe.com where data reside in
// a region, or any other host's /api/v3/. Limits are read from each answer, not
// remembered: the client lives for one run.
func newClient(at forge.URL, http *http.Client, token string) (*github.Client, error) {
	options := []github.ClientOptionsFunc{
		github.WithHTTPClient(http), github.WithUserAgent(transport.UserAgent), github.WithDisableRateLimitCheck(),
	}
	if token != "" {
		options = append(options, github.WithAuthToken(token))
	}
	if base := at.Base; base != "https://github.com" {
		if strings.HasSuffix(base, ".ghe.com") {
			base = strings.Replace(base, "://", "://api.", 1)
		}
		options = append(options, github.WithEnterpriseURLs(base, base))
	}
	return github.NewClient(options...)
}

// visible asks for the repository itself.
func (g *Repository) visible(ctx context.Context) error {
	repository, _, err := g.client.Repositories.Get(ctx, g.owner, g.name)
	if err != nil {
		return err
	}
	return forge.Exists(repository.GetID())
}

// pageOf reads what the SDK returned for the page at a cursor.
func pageOf[T any](things []*T, resp *github.Response, at string, read func(*T) (forge.Item, error)) (forge.Page, error) {
	if err := forge.Listed(things); err != nil {
		return forge.Page{}, err
	}
	items, err := forge.ItemsOf(things, read)
	return forge.Page{Items: items, Number: transport.Numbered(at), Next: transport.Cursor(resp.NextPage)}, err
}
