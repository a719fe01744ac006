package source_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// sharing is how a provider reaches a forge that shares its clients with others.
func sharing(f *forge.Forge, clients *source.Shared, token string) source.Config {
	config := configOf(f, f.Type, token)
	config.Pools = clients.Pools()
	return config
}

func openWith(t *testing.T, config source.Config) source.Source {
	t.Helper()
	repository, err := source.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return repository
}

func TestAnUnchangedRepositoryCostsNoBudget(t *testing.T) {
	polls := 20
	if testing.Short() {
		polls = 3
	}
	for _, start := range []func(testing.TB) *forge.Forge{forge.NewGitHub, forge.NewGitLab} {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			f.Budget(50, time.Now().Add(time.Hour))
			for range 250 {
				f.Open(forge.Request{})
			}
			config := sharing(f, source.NewShared(time.Now, transport.LocalNetworks()), forge.Token)
			first := list(t, openWith(t, config))
			left := f.Left()
			for range polls { // each opens the forge anew
				if got := list(t, openWith(t, config)); !slices.Equal(ids(got), ids(first)) {
					t.Fatalf("listed %d requests, and %d at first", len(got), len(first))
				}
			}
			if f.Left() != left || f.Unchanged() != 3*polls {
				t.Errorf("%d polls of 3 pages cost %d requests, and %d were answered with 304", polls, left-f.Left(), f.Unchanged())
			}
			f.Push(7, "0123")
			items := list(t, openWith(t, config))
			changed := slices.IndexFunc(items, func(i source.Item) bool { return i.ID == "7" })
			if items[changed].SHA != "0123" || left-f.Left() != 1 {
				t.Errorf("after a push it is at %s, for %d requests", items[changed].SHA, left-f.Left())
			}
		})
	}
}

// The full page is the same as before, and so is answered with 304: where it
// was the last one then, it says nothing of the one that follows now.
func TestAPageThatFollowsAnUnchangedOneIsFound(t *testing.T) {
	for _, start := range []func(testing.TB) *forge.Forge{forge.NewGitHub, forge.NewGitLab} {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			for range 100 {
				f.Open(forge.Request{})
			}
			config := sharing(f, source.NewShared(time.Now, transport.LocalNetworks()), forge.Token)
			for want := 100; want < 103; want++ {
				if got := len(list(t, openWith(t, config))); got != want {
					t.Errorf("listed %d requests, want %d", got, want)
				}
				f.Open(forge.Request{})
			}
			for number := 103; number > 99; number-- {
				f.Close(number)
				if got := len(list(t, openWith(t, config))); got != number-1 {
					t.Errorf("listed %d requests, want %d", got, number-1)
				}
			}
		})
	}
}

func TestAnAnswerIsNotUsedForOtherCredentials(t *testing.T) {
	f := forge.NewGitHub(t)
	f.Open(forge.Request{})
	clients := source.NewShared(time.Now, transport.LocalNetworks())
	list(t, openWith(t, sharing(f, clients, forge.Token)))
	var sent []string
	f.Break(func(_ http.ResponseWriter, r *http.Request) bool {
		sent = append(sent, r.Header.Get("If-None-Match"))
		return false
	})
	for _, token := range []string{"", "another"} {
		if _, err := openWith(t, sharing(f, clients, token)).List(context.Background(), source.Query{}); err == nil {
			t.Errorf("%q listed what another token may", token)
		}
	}
	list(t, openWith(t, sharing(f, clients, forge.Token)))
	if len(sent) != 3 || sent[0] != "" || sent[1] != "" || sent[2] == "" {
		t.Errorf("asked if these had changed: %q", sent)
	}
}

func TestNothingChangedOfWhatWasNeverAskedIsAnError(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		f.Break(forge.Status(http.StatusNotModified))
		if items, err := repository.List(context.Background(), source.Query{}); err == nil {
			t.Errorf("listed %v", items)
		}
	})
}
