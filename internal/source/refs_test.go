package source_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// named is branches or tags: how they are made, and how they are told.
type named struct {
	kind   func(*forge.Forge) string
	put    func(f *forge.Forge, name, sha string)
	remove func(f *forge.Forge, name string)
	item   func(name, sha string) source.Item
}

var nameds = map[string]named{
	"branches": {
		kind: func(f *forge.Forge) string { return f.BranchType },
		put:  (*forge.Forge).Branch, remove: (*forge.Forge).DeleteBranch,
		item: func(name, sha string) source.Item { return source.Item{Name: name, Branch: name, SHA: sha} },
	},
	"tags": {
		kind: func(f *forge.Forge) string { return f.TagType },
		put:  (*forge.Forge).Tag, remove: (*forge.Forge).DeleteTag,
		item: func(name, sha string) source.Item { return source.Item{Name: name, Tag: name, SHA: sha} },
	},
}

// onEveryNamed plays a case of branches and of tags on every forge.
func onEveryNamed(t *testing.T, play func(t *testing.T, f *forge.Forge, repository source.Source, n named)) {
	t.Helper()
	for forgeName, start := range forges {
		for name, n := range nameds {
			t.Run(forgeName+" "+name, func(t *testing.T) {
				t.Parallel()
				f := start(t)
				play(t, f, openAs(t, f, n.kind(f), forge.Token), n)
			})
		}
	}
}

func TestANameIsToldWithItsCommit(t *testing.T) {
	names := []string{"main", "feature/Add_x", "release/2.0", "v1.2.3", "日本語", "a b", "100%", `q"uote`, "a+b&c=d?e#f"}
	onEveryNamed(t, func(t *testing.T, f *forge.Forge, repository source.Source, n named) {
		for i, name := range names {
			n.put(f, name, fmt.Sprintf("%040x", i+1))
		}
		items := list(t, repository)
		if len(items) != len(names) {
			t.Fatalf("listed %+v", items)
		}
		for i, name := range names {
			want := n.item(name, fmt.Sprintf("%040x", i+1))
			if !slices.ContainsFunc(items, func(got source.Item) bool { return equal(got, want) }) {
				t.Errorf("%q is missing from %+v", name, items)
			}
			got, err := repository.Lookup(context.Background(), name)
			if err != nil || !equal(got, want) {
				t.Errorf("looked up %q: %+v, %v", name, got, err)
			}
		}
	})
}

func equal(a, b source.Item) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }

// sha is a whole commit.
func sha(four string) string { return strings.Repeat(four, 10) }

func TestANamesLifeIsFollowed(t *testing.T) {
	onEveryNamed(t, func(t *testing.T, f *forge.Forge, repository source.Source, n named) {
		if items := list(t, repository); len(items) != 0 {
			t.Fatalf("an empty repository has %v", items)
		}
		n.put(f, "v1", sha("0123"))
		n.put(f, "v1.1", sha("4567"))
		n.put(f, "v1", sha("89ab"))
		if got := list(t, repository); len(got) != 2 || got[0].SHA != sha("89ab") {
			t.Errorf("after a push: %+v", got)
		}
		n.remove(f, "v1")
		if got := list(t, repository); len(got) != 1 {
			t.Errorf("after it was deleted: %+v", got)
		}
		// v1.1 is still there, and begins alike.
		if got, err := repository.Lookup(context.Background(), "v1"); !errors.Is(err, transport.ErrNotFound) {
			t.Errorf("looking up what was deleted: %+v, %v", got, err)
		}
		n.put(f, "v1", sha("cdef"))
		if got, err := repository.Lookup(context.Background(), "v1"); err != nil || got.SHA != sha("cdef") {
			t.Errorf("after it was made anew: %+v, %v", got, err)
		}
	})
}

func TestATagThatIsAnnotatedStandsForItsCommit(t *testing.T) {
	for name, start := range forges {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			f.Annotate("v1.0.0", sha("c0ff"))
			repository := openAs(t, f, f.TagType, forge.Token)
			if got := list(t, repository); len(got) != 1 || got[0].SHA != sha("c0ff") {
				t.Errorf("listed %+v", got)
			}
			if got, err := repository.Lookup(context.Background(), "v1.0.0"); err != nil || got.SHA != sha("c0ff") {
				t.Errorf("looked up %+v, %v", got, err)
			}
		})
	}
}

func TestManyNamesAreListedWhole(t *testing.T) {
	onEveryNamed(t, func(t *testing.T, f *forge.Forge, repository source.Source, n named) {
		for i := range 250 {
			n.put(f, fmt.Sprintf("n%d", i), fmt.Sprintf("%040x", i))
		}
		if got := len(list(t, repository)); got != 250 {
			t.Errorf("listed %d, want 250", got)
		}
		if got, err := repository.Lookup(context.Background(), "n7"); err != nil || got.SHA != fmt.Sprintf("%040x", 7) {
			t.Errorf("looked up %+v, %v", got, err)
		}
	})
}

func TestANameInARepositoryThatMayNotBeSeenIsNotGone(t *testing.T) {
	onEveryNamed(t, func(t *testing.T, f *forge.Forge, repository source.Source, n named) {
		n.put(f, "v1", "0123")
		f.Hide()
		if _, err := repository.Lookup(context.Background(), "v1"); err == nil || errors.Is(err, transport.ErrNotFound) {
			t.Errorf("looking up: %v", err)
		}
		if items, err := repository.List(context.Background(), source.Query{}); err == nil {
			t.Errorf("listed %v", items)
		}
	})
}

func TestNamesThatDoNotEndOrAreNoneAreAnError(t *testing.T) {
	onEveryNamed(t, func(t *testing.T, f *forge.Forge, repository source.Source, n named) {
		for i := range 150 {
			n.put(f, fmt.Sprintf("n%d", i), fmt.Sprintf("%040x", i))
		}
		for _, body := range []string{`null`, `{}`, `[{}]`, `[null]`, `{"value": null}`, `{"value": [null]}`, `{"values": [{}]}`, `"text"`} {
			f.Break(forge.Body("application/json", body))
			if items, err := repository.List(context.Background(), source.Query{}); err == nil {
				t.Errorf("%s is a list of %v", body, items)
			}
			if got, err := repository.Lookup(context.Background(), "n1"); err == nil || errors.Is(err, transport.ErrNotFound) {
				t.Errorf("looked up, answered %s: %+v, %v", body, got, err)
			}
		}
		if f.AWS != nil { // Git tells all at once
			return
		}
		f.Mend()
		f.Endless()
		if items, err := repository.List(context.Background(), source.Query{}); !errors.Is(err, transport.ErrInvalidAnswer) {
			t.Errorf("a listing without end has %d items: %v", len(items), err)
		}
	})
}
