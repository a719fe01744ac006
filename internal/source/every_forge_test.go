package source_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// forges are all servers that the same cases are played on.
var forges = map[string]func(testing.TB) *forge.Forge{
	"Gitea":       forge.NewGitea,
	"GitHub":      forge.NewGitHub,
	"GitLab":      forge.NewGitLab,
	"AzureDevOps": forge.NewAzureDevOps,

	"GitHubCom":       forge.NewGitHubCom,
	"GitHubRegion":    forge.NewGitHubRegion,
	"BitbucketCloud":  forge.NewBitbucketCloud,
	"BitbucketServer": forge.NewBitbucketServer,
	"CodeCommit":      forge.NewCodeCommit,
}

// onEvery plays a case on every forge.
func onEvery(t *testing.T, play func(t *testing.T, f *forge.Forge, repository source.Source)) {
	t.Helper()
	for name, start := range forges {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			play(t, f, open(t, f, forge.Token))
		})
	}
}

func open(t *testing.T, f *forge.Forge, token string) source.Source {
	t.Helper()
	return openAs(t, f, f.Type, token)
}

func openAs(t *testing.T, f *forge.Forge, kind, token string) source.Source {
	t.Helper()
	return openWith(t, configOf(f, kind, token))
}

// configOf reaches a forge with a token.
func configOf(f *forge.Forge, kind, token string) source.Config {
	config := source.Config{
		Type: kind, URL: f.URL, Credentials: transport.Credentials{Username: "flux", Password: token}, Proxy: f.Proxy, TLS: f.TLS,
	}
	if f.AWS != nil {
		config.Credentials, config.AWS = transport.Credentials{}, f.AWS(token)
	}
	return config
}

// told is what the forge tells of a request.
func told(t *testing.T, f *forge.Forge) source.Tells {
	t.Helper()
	kind, err := source.TypeOf(f.Type)
	if err != nil {
		t.Fatal(err)
	}
	return kind.Tells
}

func list(t *testing.T, repository source.Source) []source.Item {
	t.Helper()
	items, err := repository.List(context.Background(), source.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

// ids are the listed numbers, sorted.
func ids(items []source.Item) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = item.ID
	}
	slices.Sort(out)
	return out
}

func lookup(t *testing.T, repository source.Source, number int) source.Item {
	t.Helper()
	item, err := repository.Lookup(context.Background(), fmt.Sprint(number))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func TestARequestIsToldInOneVocabulary(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		tells := told(t, f)
		labels := []string{"build/image-ready", "size: XL"}
		n := f.Open(forge.Request{
			Title: `Fix "it": 日本語 #1`, Branch: "feature/Add_x", Target: "release/2", SHA: "c0ffee", Author: "ada",
			Labels: labels, Draft: true, Fork: true,
		})
		got := list(t, repository)[0]
		if got.ID != fmt.Sprint(n) || got.SHA != "c0ffee" || got.Branch != "feature/Add_x" || got.TargetBranch != "release/2" ||
			got.Title != `Fix "it": 日本語 #1` || got.Author != "ada" || got.Draft != tells.Drafts || got.Fork != tells.Forks ||
			got.Closed || got.URL == "" || got.UpdatedAt.IsZero() == tells.Updated || tells.Labels && !slices.Equal(got.Labels, labels) {
			t.Errorf("listed %+v", got)
		}
		if single := lookup(t, repository, n); !reflect.DeepEqual(single, got) {
			t.Errorf("looked up\n%+v\nlisted\n%+v", single, got)
		}
	})
}

func TestALifeIsFollowed(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		if items := list(t, repository); len(items) != 0 {
			t.Fatalf("an empty repository has %v", items)
		}
		n := f.Open(forge.Request{})
		f.Push(n, "0123")
		f.Label(n, "build/image-ready")
		if got := list(t, repository)[0]; got.SHA != "0123" || told(t, f).Labels && !got.HasLabel("build/image-ready") || got.Fork || got.Draft {
			t.Errorf("after a push and a label: %+v", got)
		}
		f.Unlabel(n, "build/image-ready")
		if got := list(t, repository)[0]; len(got.Labels) != 0 {
			t.Errorf("after taking the label: %v", got.Labels)
		}
		for _, end := range []func(int){f.Close, f.Merge} {
			end(n)
			if items := list(t, repository); len(items) != 0 {
				t.Errorf("it is listed after its end: %v", items)
			}
			if !lookup(t, repository, n).Closed {
				t.Error("a look-up does not say that it is closed")
			}
			f.Reopen(n)
			f.Change(n, func(r *forge.Request) { r.Merged = false })
			if lookup(t, repository, n).Closed || len(list(t, repository)) != 1 {
				t.Error("it is not back after it was reopened")
			}
		}
	})
}

func TestAThousandRequestsAreListedWhole(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		want := make([]string, 1000)
		if testing.Short() {
			want = want[:110]
		}
		for i := range want {
			want[i] = fmt.Sprint(f.Open(forge.Request{}))
		}
		slices.Sort(want)
		if got := ids(list(t, repository)); !slices.Equal(got, want) {
			t.Errorf("listed %d requests, want %d", len(got), len(want))
		}
		most := 36
		if f.AWS != nil { // it tells requests one by one
			most += len(want)
		}
		if asked := f.Asked(); asked > most {
			t.Errorf("the listing took %d requests to the forge", asked)
		}
	})
}

func TestTheNewestRequestComesFirst(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		for range 120 {
			f.Open(forge.Request{})
		}
		items := list(t, repository)
		for i, item := range items {
			if want := fmt.Sprint(len(items) - i); item.ID != want {
				t.Fatalf("at place %d is request %s, want %s", i, item.ID, want)
			}
		}
	})
}

func TestAFullLastPageIsTheLastOne(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		for range 200 {
			f.Open(forge.Request{})
		}
		if got := len(list(t, repository)); got != 200 {
			t.Errorf("listed %d requests, want 200", got)
		}
	})
}

func TestWhatWasNeverThereIsNotFound(t *testing.T) {
	onEvery(t, func(t *testing.T, _ *forge.Forge, repository source.Source) {
		for _, id := range []string{"7", "seven", "../../etc"} {
			if _, err := repository.Lookup(context.Background(), id); !errors.Is(err, transport.ErrNotFound) {
				t.Errorf("looking up %q: %v", id, err)
			}
		}
	})
}

func TestARepositoryThatWasRenamedIsFollowed(t *testing.T) {
	for _, name := range []string{"api2", "design-system", "login-service"} {
		onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
			if f.AWS != nil { // it redirects nobody
				return
			}
			f.Open(forge.Request{})
			f.Rename(name)
			if items := list(t, repository); len(items) != 1 || lookup(t, repository, 1).Closed {
				t.Errorf("listed %v", items)
			}
		})
	}
}
