// Package gitlab speaks to gitlab.com and to a GitLab of one's own.
package gitlab

import (
	"context"
	"fmt"
	"strings"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// form is how a GitLab project is written.
const form = "https://HOST/GROUP[/SUBGROUP…]/PROJECT"

// Project is a project.
type Project struct {
	place  forge.Place
	path   string
	client *gitlab.Client
}

// Open opens a project.
func Open(config forge.Config) (*Project, error) {
	place, err := forge.PlaceOf(config, form)
	if err != nil {
		return nil, err
	}
	if len(place.Path) < 2 {
		return nil, fmt.Errorf("parsing the repository URL: %q has no group and project; expected %s", config.URL, form)
	}
	client, err := gitlab.NewClient(config.Credentials.Password,
		gitlab.WithBaseURL(place.Base),
		gitlab.WithHTTPClient(transport.NewClient(config.Config, transport.Dialect{Says: transport.Field("message", "error_description", "error")})),
		gitlab.WithUserAgent(transport.UserAgent),
		gitlab.WithoutRetries(), // the watcher tries again, when GitLab wants it to
		gitlab.WithCustomLimiter(unlimited{}),
	)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", place, err)
	}
	return &Project{place: place, path: strings.Join(place.Path, "/"), client: client}, nil
}

// unlimited keeps the library from asking GitLab for its limits before the
// first request.
type unlimited struct{}

func (unlimited) Wait(context.Context) error { return nil }

// visible asks for the project itself.
func (g *Project) visible(ctx context.Context) error {
	project, _, err := g.client.Projects.GetProject(g.path, nil, gitlab.WithContext(ctx))
	if err != nil {
		return err
	}
	return forge.Exists(project.ID)
}

func pageAt(at string) gitlab.ListOptions {
	return gitlab.ListOptions{Page: int64(transport.Numbered(at)), PerPage: transport.PageSize}
}

// pageOf reads what the library returned for a page.
func pageOf[T any](things []*T, resp *gitlab.Response, err error, read func(*T) (forge.Item, error)) (forge.Page, error) {
	if err != nil {
		return forge.Page{}, err
	}
	if err := forge.Listed(things); err != nil {
		return forge.Page{}, err
	}
	items, err := forge.ItemsOf(things, read)
	return forge.Page{Items: items, Number: int(resp.CurrentPage), Next: transport.Cursor(resp.NextPage), Total: int(resp.TotalItems)}, err
}
