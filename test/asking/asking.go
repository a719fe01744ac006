// Package asking asks the repositories of fake forges, for tests.
package asking

import (
	"fmt"
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// Config leads to the repository of a fake, as somebody who knows its token.
func Config(f *forge.Forge) repo.Config {
	return repo.Config{Config: transport.Config{
		URL: f.URL, Credentials: transport.Credentials{Username: "flux", Password: forge.Token}, Proxy: f.Proxy, TLS: f.TLS,
	}}
}

// Open opens a repository.
func Open[R any](t *testing.T, open func(repo.Config) (R, error), config repo.Config) R {
	t.Helper()
	opened, err := open(config)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// List lists all things of a kind.
func List(t *testing.T, things *repo.Collection) []repo.Item {
	t.Helper()
	items, err := things.List(t.Context(), repo.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// Lookup looks a request up by its number.
func Lookup(t *testing.T, things *repo.Collection, number int) repo.Item {
	t.Helper()
	item, err := things.Lookup(t.Context(), fmt.Sprint(number))
	if err != nil {
		t.Fatal(err)
	}
	return item
}
