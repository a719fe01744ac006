package source_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// share lists what a configuration reaches, or takes a listing that was begun
// since then.
func share(t *testing.T, shared *source.Shared, poll source.Poll) (int, error) {
	t.Helper()
	items, err := shared.List(context.Background(), openWith(t, poll.Config), poll)
	return len(items), err
}

func TestProvidersThatPollTogetherShareAListing(t *testing.T) {
	f := forge.NewGitHub(t)
	f.Open(forge.Request{})
	shared := source.NewShared(time.Now, transport.LocalNetworks())
	config := sharing(f, shared, forge.Token)
	get := func(since time.Time) int {
		got, err := share(t, shared, source.Poll{Config: config, Since: since})
		if err != nil {
			t.Error(err)
		}
		return got
	}
	t.Run("one that is recent enough is taken", func(t *testing.T) {
		since := time.Now()
		for range 5 {
			get(since)
		}
		if f.Asked() != 1 {
			t.Errorf("five polls asked %d times", f.Asked())
		}
	})
	t.Run("whoever wants what is from now on asks anew", func(t *testing.T) {
		f.Open(forge.Request{})
		if got := get(time.Now()); got != 2 {
			t.Errorf("listed %d requests, want 2", got)
		}
	})
	t.Run("fifty at once ask a few times, and all get what was there when they came", func(t *testing.T) {
		f.Break(func(http.ResponseWriter, *http.Request) bool {
			time.Sleep(20 * time.Millisecond)
			return false
		})
		defer f.Mend()
		before := f.Asked()
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				opened := f.Open(forge.Request{})
				if got := get(time.Now()); got < opened {
					t.Errorf("listed %d requests when there were %d", got, opened)
				}
			})
		}
		group.Wait()
		if asked := f.Asked() - before; asked > 20 {
			t.Errorf("fifty polls asked %d times", asked)
		}
	})
}

func TestWhatIsNotTheSameIsNotShared(t *testing.T) {
	f := forge.NewGitHub(t)
	f.Open(forge.Request{})
	shared := source.NewShared(time.Now, transport.LocalNetworks())
	config, since := sharing(f, shared, forge.Token), time.Now()
	t.Run("a failure is shared with nobody", func(t *testing.T) {
		f.Break(forge.Status(http.StatusBadGateway))
		if _, err := share(t, shared, source.Poll{Config: config, Since: since}); err == nil {
			t.Error("it did not fail")
		}
		f.Mend()
		if got, err := share(t, shared, source.Poll{Config: config, Since: since}); got != 1 || err != nil {
			t.Errorf("listed %d requests: %v", got, err)
		}
	})
	t.Run("other credentials and other labels are other listings", func(t *testing.T) {
		before := f.Asked()
		if _, err := share(t, shared, source.Poll{Config: sharing(f, shared, "wrong"), Since: since}); err == nil {
			t.Error("a wrong token lists")
		}
		if _, err := share(t, shared, source.Poll{Config: config, Query: source.Query{Labels: []string{"a"}}, Since: since}); err != nil {
			t.Error(err)
		}
		if asked := f.Asked() - before; asked != 2 {
			t.Errorf("asked %d times, want 2", asked)
		}
	})
}

func TestWhatCannotBeComparedIsSharedWithNobody(t *testing.T) {
	clients, since := source.NewShared(time.Now, transport.LocalNetworks()), time.Now()
	registry := forge.NewRegistry(t)
	registry.Push(t, "", "a")
	config := source.Config{
		Type: v1.InputProviderOCIArtifactTag, URL: registry.URL, Pools: clients.Pools(),
		TLS: &tls.Config{RootCAs: registry.Trust(), MinVersion: tls.VersionTLS12},
	}
	for password, want := range map[login]error{forge.Token: nil, "wr0ng": transport.ErrUnauthorized} {
		config.Registry = password
		if _, err := share(t, clients, source.Poll{Config: config, Since: since}); !errors.Is(err, want) {
			t.Errorf("a registry, with the password %q: %v, want %v", password, err, want)
		}
	}
	for _, name := range []string{"a", "b"} {
		config := source.Config{Type: v1.InputProviderExternalArtifact, Pools: clients.Pools()}
		config.Artifacts = func(context.Context) ([]source.Artifact, error) {
			return []source.Artifact{{Namespace: "apps", Name: name}}, nil
		}
		items, err := clients.List(context.Background(), openWith(t, config), source.Poll{Config: config, Since: since})
		if err != nil || len(items) != 1 || !strings.Contains(string(items[0].Values["name"].Raw), name) {
			t.Errorf("the artifact %q: listed %v: %v", name, items, err)
		}
	}
}
