package source_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	v1 "github.com/eddy-previews/eddy/api/v1"
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
			for range 20 { // each poll opens the forge anew
				if got := list(t, openWith(t, config)); !slices.Equal(ids(got), ids(first)) {
					t.Fatalf("listed %d requests, and %d at first", len(got), len(first))
				}
			}
			if f.Left() != left || f.Unchanged() != 60 {
				t.Errorf("20 polls of 3 pages cost %d requests, and %d were answered with 304", left-f.Left(), f.Unchanged())
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

// versioned answers with a body and headers, and 304 from the second time on.
func versioned(t *testing.T, headers map[string]string, body string) (server *httptest.Server, conditions *[]string) {
	t.Helper()
	conditions = &[]string{}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		condition := r.Header.Get("If-None-Match") + r.Header.Get("If-Modified-Since")
		*conditions = append(*conditions, condition)
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		if condition != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body)) // the client is this test
	}))
	t.Cleanup(server.Close)
	return server, conditions
}

func TestWhatTellsVersionsApartIsSentBack(t *testing.T) {
	now := time.Now().UTC()
	cases := map[string]struct {
		headers map[string]string
		want    string
	}{
		"an ETag":              {map[string]string{"ETag": `"v1"`}, `"v1"`},
		"an old change":        {map[string]string{"Last-Modified": now.Add(-time.Hour).Format(http.TimeFormat)}, now.Add(-time.Hour).Format(http.TimeFormat)},
		"a change of just now": {map[string]string{"Last-Modified": now.Add(-time.Second).Format(http.TimeFormat)}, ""},
		"neither":              {nil, ""},
		"not to be stored":     {map[string]string{"ETag": `"v1"`, "Cache-Control": "no-store"}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server, conditions := versioned(t, c.headers, `[]`)
			config := source.Config{Type: v1.InputProviderGitHubPullRequest, URL: server.URL + "/acme/api", Pools: transport.NewPools(time.Now, transport.LocalNetworks())}
			for range 2 {
				list(t, openWith(t, config))
			}
			if got := (*conditions)[1]; got != c.want {
				t.Errorf("asked whether it had changed since %q, want %q", got, c.want)
			}
		})
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

// share lists what a configuration reaches, or takes a listing that was begun
// since then.
func share(t *testing.T, shared *source.Shared, config source.Config, q source.Query, since time.Time) (int, error) {
	t.Helper()
	items, err := shared.List(context.Background(), openWith(t, config), config, q, since)
	return len(items), err
}

func TestProvidersThatPollTogetherShareAListing(t *testing.T) {
	f := forge.NewGitHub(t)
	f.Open(forge.Request{})
	shared := source.NewShared(time.Now, transport.LocalNetworks())
	config := sharing(f, shared, forge.Token)
	get := func(since time.Time) int {
		got, err := share(t, shared, config, source.Query{}, since)
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
		if _, err := share(t, shared, config, source.Query{}, since); err == nil {
			t.Error("it did not fail")
		}
		f.Mend()
		if got, err := share(t, shared, config, source.Query{}, since); got != 1 || err != nil {
			t.Errorf("listed %d requests: %v", got, err)
		}
	})
	t.Run("other credentials and other labels are other listings", func(t *testing.T) {
		before := f.Asked()
		if _, err := share(t, shared, sharing(f, shared, "wrong"), source.Query{}, since); err == nil {
			t.Error("a wrong token lists")
		}
		if _, err := share(t, shared, config, source.Query{Labels: []string{"a"}}, since); err != nil {
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
		if _, err := share(t, clients, config, source.Query{}, since); !errors.Is(err, want) {
			t.Errorf("a registry, with the password %q: %v, want %v", password, err, want)
		}
	}
	for _, name := range []string{"a", "b"} {
		config := source.Config{Type: v1.InputProviderExternalArtifact, Pools: clients.Pools()}
		config.Artifacts = func(context.Context) ([]source.Artifact, error) {
			return []source.Artifact{{Namespace: "apps", Name: name}}, nil
		}
		items, err := clients.List(context.Background(), openWith(t, config), config, source.Query{}, since)
		if err != nil || len(items) != 1 || !strings.Contains(string(items[0].Values["name"].Raw), name) {
			t.Errorf("the artifact %q: listed %v: %v", name, items, err)
		}
	}
}

func TestMetricsTellWhatAForgeWasAsked(t *testing.T) {
	f := forge.NewGitHub(t)
	f.Open(forge.Request{})
	f.Budget(10, time.Now().Add(time.Hour))
	clients := source.NewShared(time.Now, transport.LocalNetworks())
	config := sharing(f, clients, forge.Token)
	list(t, openWith(t, config))
	list(t, openWith(t, config))
	f.Break(forge.Status(http.StatusBadGateway))
	_, _ = openWith(t, config).List(context.Background(), source.Query{}) // counted all the same
	host, _, _ := strings.Cut(strings.TrimPrefix(f.URL, "http://"), "/")
	want := strings.ReplaceAll(`
# HELP eddy_forge_rate_limit_remaining Requests that a forge still answers before its rate limit is reset; the least of all credentials.
# TYPE eddy_forge_rate_limit_remaining gauge
eddy_forge_rate_limit_remaining{host="HOST"} 9
# HELP eddy_forge_requests_total Requests to a forge, by host and by what it answered: 2xx, 304 (nothing is new), 3xx, 4xx, 5xx, or none.
# TYPE eddy_forge_requests_total counter
eddy_forge_requests_total{code="2xx",host="HOST"} 1
eddy_forge_requests_total{code="304",host="HOST"} 1
eddy_forge_requests_total{code="5xx",host="HOST"} 1
`, "HOST", host)
	if err := testutil.CollectAndCompare(clients.Pools(), strings.NewReader(want)); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.CollectAndLint(clients.Pools()); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
