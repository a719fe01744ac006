package source_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// A look-up that says "gone" deletes a preview. Here is what must not say so.

func TestARequestInARepositoryThatMayNotBeSeenIsNotGone(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		f.Open(forge.Request{})
		f.Hide()
		for _, id := range []string{"1", "2"} {
			_, err := repository.Lookup(context.Background(), id)
			if !errors.Is(err, transport.ErrForbidden) || errors.Is(err, transport.ErrNotFound) {
				t.Errorf("looking up %s: %v", id, err)
			}
		}
	})
}

func TestARequestIsNotGoneWhileItsRepositoryFails(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		f.BreakRepository(forge.Status(http.StatusBadGateway))
		if _, err := repository.Lookup(context.Background(), "1"); !errors.Is(err, transport.ErrUnavailable) {
			t.Errorf("looking up: %v", err)
		}
		for _, body := range []string{"{}", "null"} {
			f.BreakRepository(forge.Body("application/json", body))
			if _, err := repository.Lookup(context.Background(), "1"); !errors.Is(err, transport.ErrInvalidAnswer) {
				t.Errorf("looking up, with %s for the repository: %v", body, err)
			}
		}
	})
}

func TestARequestInAnUnknownStateIsNotClosed(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		n := f.Open(forge.Request{})
		f.Change(n, func(r *forge.Request) { r.State = "limbo" })
		_, err := repository.Lookup(context.Background(), "1")
		if !errors.Is(err, transport.ErrInvalidAnswer) || !strings.Contains(err.Error(), `"limbo"`) {
			t.Errorf("looking up: %v", err)
		}
	})
}

func TestAnAnswerThatIsNoRequestDoesNotCloseIt(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		for _, body := range []string{"{}", "null", "[]", `{"message": "maintenance"}`} {
			f.Break(forge.Body("application/json", body))
			if _, err := repository.Lookup(context.Background(), "1"); err == nil || errors.Is(err, transport.ErrNotFound) {
				t.Errorf("looking up, answered %s: %v", body, err)
			}
		}
	})
}

func TestAnAnswerAboutAnotherRequestIsAnError(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		n := f.Open(forge.Request{})
		f.Change(n, func(r *forge.Request) { r.Number, r.Closed = 7, true })
		if _, err := repository.Lookup(context.Background(), "1"); !errors.Is(err, transport.ErrInvalidAnswer) {
			t.Errorf("looking up: %v", err)
		}
	})
}

func TestAPartThatIsNotFoundIsNotTheWhole(t *testing.T) {
	for _, c := range []struct {
		name  string
		start func(testing.TB) *forge.Forge
		kind  func(*forge.Forge) string
		key   string
		part  string
	}{
		{"labels of Azure DevOps", forge.NewAzureDevOps, func(f *forge.Forge) string { return f.Type }, "1", "/labels"},
		{"commits of Bitbucket", forge.NewBitbucketCloud, func(f *forge.Forge) string { return f.Type }, "1", "/commits"},
		{"annotations of GitHub", forge.NewGitHub, func(f *forge.Forge) string { return f.TagType }, "v1", "/git/tags/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := c.start(t)
			f.Open(forge.Request{})
			f.Annotate("v1", sha("0123"))
			f.Break(func(w http.ResponseWriter, r *http.Request) bool {
				return strings.Contains(r.URL.Path, c.part) && forge.Status(http.StatusNotFound)(w, r)
			})
			_, err := openAs(t, f, c.kind(f), forge.Token).Lookup(context.Background(), c.key)
			if err == nil || errors.Is(err, transport.ErrNotFound) {
				t.Errorf("looking up: %v", err)
			}
		})
	}
}
