package gitlab_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/forge/gitlab"
	"github.com/eddy-previews/eddy/test/asking"
	"github.com/eddy-previews/eddy/test/forge"
)

// open opens the repository of a fake.
func open(t *testing.T, f *forge.Forge) *gitlab.Project {
	t.Helper()
	return asking.Open(t, gitlab.Open, asking.Config(f))
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

// Of an author without a number it is not known that the account is another one.
func TestAnAccountOfGitLabWithoutANumberHasNone(t *testing.T) {
	told := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `[{"iid": 1, "sha": "c0ffee", "state": "opened", "author": {"username": "ghost"}}]`) // the client sees it
	}))
	t.Cleanup(told.Close)
	config := asking.Config(forge.NewGitLab(t))
	config.URL = told.URL + "/acme/api"
	items := asking.List(t, asking.Open(t, gitlab.Open, config).Requests())
	if len(items) != 1 || items[0].Author != "ghost" || items[0].AuthorID != "" {
		t.Errorf("listed %+v", items)
	}
}

func TestGitLabsSlugIsThatOfItsCI(t *testing.T) {
	f := forge.NewGitLab(t)
	f.Open(forge.Request{Branch: "Feature/Add_X!-a-very-long-name-that-goes-on-and-on-and-on-until-it-is-cut-"})
	if got := asking.List(t, open(t, f).Requests())[0].Slug; got != "feature-add-x--a-very-long-name-that-goes-on-and-on-and-on-unti" {
		t.Errorf("the slug is %q", got)
	}
}

func TestARequestThatGitLabIsMergingIsNotClosedYet(t *testing.T) {
	f := forge.NewGitLab(t)
	n := f.Open(forge.Request{})
	f.Change(n, func(r *forge.Request) { r.State = "locked" })
	if asking.Lookup(t, open(t, f).Requests(), n).Closed {
		t.Error("it is closed while it is locked")
	}
}
