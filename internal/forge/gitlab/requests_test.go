package gitlab_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/forge/gitlab"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// open opens the repository of a fake.
func open(t *testing.T, f *forge.Forge) *gitlab.Project {
	t.Helper()
	config := repo.Config{Config: transport.Config{
		URL: f.URL, Credentials: transport.Credentials{Username: "flux", Password: forge.Token}, Proxy: f.Proxy, TLS: f.TLS,
	}}
	opened, err := gitlab.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func list(t *testing.T, things *repo.Collection) []repo.Item {
	t.Helper()
	items, err := things.List(context.Background(), repo.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return items
}

func lookup(t *testing.T, things *repo.Collection, number int) repo.Item {
	t.Helper()
	item, err := things.Lookup(context.Background(), fmt.Sprint(number))
	if err != nil {
		t.Fatal(err)
	}
	return item
}

// ids are the listed numbers, sorted.
func ids(items []repo.Item) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = item.ID
	}
	slices.Sort(out)
	return out
}

func TestGitLabFiltersByLabelItself(t *testing.T) {
	f := forge.NewGitLab(t)
	f.Open(forge.Request{Labels: []string{"a"}})
	f.Open(forge.Request{Labels: []string{"a", "b"}})
	items, err := open(t, f).Requests().List(context.Background(), repo.Query{Labels: []string{"a", "b"}})
	if err != nil || !slices.Equal(ids(items), []string{"2"}) {
		t.Errorf("listed %v, %v", items, err)
	}
}

func TestGitLabsSlugIsThatOfItsCI(t *testing.T) {
	f := forge.NewGitLab(t)
	f.Open(forge.Request{Branch: "Feature/Add_X!-a-very-long-name-that-goes-on-and-on-and-on-until-it-is-cut-"})
	if got := list(t, open(t, f).Requests())[0].Slug; got != "feature-add-x--a-very-long-name-that-goes-on-and-on-and-on-unti" {
		t.Errorf("the slug is %q", got)
	}
}

func TestARequestThatGitLabIsMergingIsNotClosedYet(t *testing.T) {
	f := forge.NewGitLab(t)
	n := f.Open(forge.Request{})
	f.Change(n, func(r *forge.Request) { r.State = "locked" })
	if lookup(t, open(t, f).Requests(), n).Closed {
		t.Error("it is closed while it is locked")
	}
}
