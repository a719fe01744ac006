package source_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func files(t *testing.T, repository source.Source, item source.Item) []string {
	t.Helper()
	paths, err := repository.(repo.Files).Files(context.Background(), item)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	return paths
}

func TestTheFilesOfARequestAreListedWhole(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		var many []string
		for n := range 950 {
			many = append(many, fmt.Sprintf("services/api/%03d.go", n))
		}
		f.Open(forge.Request{Files: []string{"README.md", "a b/ü.txt", "old/name.go => new/name.go"}})
		f.Open(forge.Request{Files: many})
		f.Open(forge.Request{})
		items := list(t, repository)
		for n, want := range [][]string{nil, many, {"README.md", "a b/ü.txt", "new/name.go", "old/name.go"}} {
			if got := files(t, repository, items[n]); !slices.Equal(got, want) {
				t.Errorf("request %s changes %d files %.60q, want %d", items[n].ID, len(got), got, len(want))
			}
		}
	})
}

func TestAListOfFilesThatFailsIsAnError(t *testing.T) {
	onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
		f.Open(forge.Request{Files: []string{"README.md"}})
		item := list(t, repository)[0]
		for name, fault := range map[string]forge.Fault{
			"502": forge.Status(http.StatusBadGateway), "a sign-in page": forge.SignInPage(http.StatusOK), "a truncated body": forge.Truncated(),
		} {
			f.Break(fault)
			if paths, err := repository.(repo.Files).Files(context.Background(), item); err == nil {
				t.Errorf("%s: listed %q", name, paths)
			}
		}
	})
}

func TestFilesThatAForgeDoesNotTellAreNotNone(t *testing.T) {
	many := make([]string, 3500)
	for n := range many {
		many[n] = fmt.Sprint(n)
	}
	for _, start := range []func(testing.TB) *forge.Forge{forge.NewGitHub, forge.NewGitLab, forge.NewBitbucketServer} {
		f := start(t)
		f.Open(forge.Request{Files: many})
		repository := open(t, f, forge.Token)
		_, err := repository.(repo.Files).Files(context.Background(), list(t, repository)[0])
		if !errors.Is(err, repo.ErrTooManyFiles) {
			t.Errorf("%s, of %d files: %v", f.Type, len(many), err)
		}
	}
	for _, start := range []func(testing.TB) *forge.Forge{forge.NewAzureDevOps, forge.NewGitLab, forge.NewCodeCommit} {
		f := start(t)
		f.Open(forge.Request{Files: []string{"a"}, NoMerge: true})
		repository := open(t, f, forge.Token)
		_, err := repository.(repo.Files).Files(context.Background(), source.Item{ID: "1", SHA: "c0ffee"})
		if !errors.Is(err, repo.ErrNotComputed) {
			t.Errorf("%s, of a commit that it has not looked at: %v", f.Type, err)
		}
	}
}

func TestFilesAreAskedForOnceForEachCommit(t *testing.T) {
	f := forge.NewGitHub(t)
	f.Open(forge.Request{Files: []string{"a"}})
	clients := source.NewShared(time.Now, transport.LocalNetworks())
	config := sharing(f, clients, forge.Token)
	repository := openWith(t, config)
	item := list(t, repository)[0]
	ask := func(config source.Config, item source.Item) {
		if _, err := clients.Files(context.Background(), openWith(t, config), config, item); err != nil {
			t.Error(err)
		}
	}
	before := f.Asked()
	for range 3 {
		ask(config, item)
	}
	if asked := f.Asked() - before; asked != 1 {
		t.Errorf("asked %d times for one commit", asked)
	}
	item.SHA = "0123"
	ask(config, item)
	item.TargetBranch = "release"
	ask(config, item)
	if asked := f.Asked() - before; asked != 3 {
		t.Errorf("asked %d times, and once for each of three changes is enough", asked)
	}
	if _, err := clients.Files(context.Background(), openWith(t, sharing(f, clients, "wrong")), sharing(f, clients, "wrong"), item); err == nil {
		t.Error("a wrong token was told the files")
	}
}

// Two requests with names of some kilobytes would have the files of all be asked for anew
// in each run.
func TestARequestWithVeryLongNamesPushesOutNobodysFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("a forge tells 26 MB: run without -short")
	}
	f := forge.NewGitHub(t)
	clients := source.NewShared(time.Now, transport.LocalNetworks())
	config := sharing(f, clients, forge.Token)
	f.Open(forge.Request{Files: []string{"a"}})
	for n := range 80 {
		var long []string
		for file := range 80 {
			long = append(long, fmt.Sprintf("%d/%d/%s", n, file, strings.Repeat("x", 4000)))
		}
		f.Open(forge.Request{Files: long})
	}
	repository := openWith(t, config)
	items := list(t, repository)
	ask := func() int {
		before := f.Asked()
		for _, item := range items {
			paths, err := clients.Files(t.Context(), repository, config, item)
			if isLong := item.ID != "1"; isLong != errors.Is(err, repo.ErrTooManyFiles) || isLong == (len(paths) > 0) {
				t.Fatalf("request %s changes %d files, %v", item.ID, len(paths), err)
			}
		}
		return f.Asked() - before
	}
	if first, again := ask(), ask(); first == 0 || again > 0 {
		t.Errorf("it is asked %d times, and then %d", first, again)
	}
}
