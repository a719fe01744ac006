package source_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// shaA and shaB are commits.
var shaA, shaB = strings.Repeat("a", 40), strings.Repeat("b", 40)

var longAgo = time.Date(2019, 8, 7, 6, 5, 4, 0, time.UTC)

func relabel(labels ...string) func(*forge.Request) {
	return func(r *forge.Request) { r.Labels = labels }
}

// cases are what happens to request 1, and sometimes to others, and what every
// forge then lists. A word in brackets is told only where the forge tells it: a
// label, a fork, a draft, an author who is not ada, a day that is not that of
// all, a file that is changed.
var cases = []struct {
	name    string
	happens func(f *forge.Forge)
	lists   string
	// over are the numbers whose look-up says that they are closed.
	over string
}{
	{"nothing has happened", func(*forge.Forge) {}, "", ""},
	{"one is opened", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA}) }, "1@a feature/1→main", ""},
	{"two are opened", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA}); f.Open(forge.Request{SHA: shaB}) },
		"2@b feature/2→main, 1@a feature/1→main", ""},
	{"two are opened of one branch", func(f *forge.Forge) {
		f.Open(forge.Request{SHA: shaA, Branch: "x"})
		f.Open(forge.Request{SHA: shaA, Branch: "x", Target: "next"})
	}, "2@a x→next, 1@a x→main", ""},
	{"it is pushed to", func(f *forge.Forge) { f.Push(f.Open(forge.Request{SHA: shaA}), shaB) }, "1@b feature/1→main", ""},
	{"it is pushed to twice", func(f *forge.Forge) { n := f.Open(forge.Request{SHA: shaA}); f.Push(n, shaB); f.Push(n, shaA) }, "1@a feature/1→main", ""},
	{"it is labelled", func(f *forge.Forge) { f.Label(f.Open(forge.Request{SHA: shaA}), "ready") }, "1@a feature/1→main [ready]", ""},
	{"it has two labels", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA, Labels: []string{"ready", "size: XL"}}) }, "1@a feature/1→main [ready] [size: XL]", ""},
	{"it is unlabelled", func(f *forge.Forge) {
		n := f.Open(forge.Request{SHA: shaA, Labels: []string{"ready"}})
		f.Unlabel(n, "ready")
	}, "1@a feature/1→main", ""},
	{"it is relabelled", func(f *forge.Forge) {
		f.Change(f.Open(forge.Request{SHA: shaA, Labels: []string{"ready"}}), relabel("hold"))
	}, "1@a feature/1→main [hold]", ""},
	{"it is paused", func(f *forge.Forge) { n := f.Open(forge.Request{SHA: shaA}); f.Label(n, "hold"); f.Push(n, shaB) }, "1@b feature/1→main [hold]", ""},
	{"it is opened as a draft", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA, Draft: true}) }, "1@a feature/1→main [draft]", ""},
	{"it is ready for review", func(f *forge.Forge) {
		f.Change(f.Open(forge.Request{SHA: shaA, Draft: true}), func(r *forge.Request) { r.Draft = false })
	}, "1@a feature/1→main", ""},
	{"it comes from a fork", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA, Fork: true}) }, "1@a feature/1→main [fork]", ""},
	{"a fork has a branch of the same name", func(f *forge.Forge) {
		f.Open(forge.Request{SHA: shaA, Branch: "x"})
		f.Open(forge.Request{SHA: shaB, Branch: "x", Fork: true})
	}, "2@b x→main [fork], 1@a x→main", ""},
	{"it is retargeted", func(f *forge.Forge) {
		f.Change(f.Open(forge.Request{SHA: shaA}), func(r *forge.Request) { r.Target = "release/2" })
	}, "1@a feature/1→release/2", ""},
	{"its branch is renamed", func(f *forge.Forge) {
		f.Change(f.Open(forge.Request{SHA: shaA}), func(r *forge.Request) { r.Branch = "better/name" })
	}, "1@a better/name→main", ""},
	{"it is renamed", func(f *forge.Forge) {
		f.Change(f.Open(forge.Request{SHA: shaA}), func(r *forge.Request) { r.Title = "Better" })
	}, "1@a feature/1→main", ""},
	{"its branch is deleted", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA}); f.DeleteBranch("feature/1") }, "1@a feature/1→main", ""},
	{"it is closed", func(f *forge.Forge) { f.Close(f.Open(forge.Request{SHA: shaA})) }, "", "1"},
	{"it is merged", func(f *forge.Forge) { f.Merge(f.Open(forge.Request{SHA: shaA})) }, "", "1"},
	{"it is closed and its branch is deleted", func(f *forge.Forge) { f.Close(f.Open(forge.Request{SHA: shaA})); f.DeleteBranch("feature/1") }, "", "1"},
	{"it is merged and its branch is deleted", func(f *forge.Forge) { f.Merge(f.Open(forge.Request{SHA: shaA})); f.DeleteBranch("feature/1") }, "", "1"},
	{"it is closed with its label", func(f *forge.Forge) { f.Close(f.Open(forge.Request{SHA: shaA, Labels: []string{"ready"}})) }, "", "1"},
	{"it is reopened", func(f *forge.Forge) { n := f.Open(forge.Request{SHA: shaA}); f.Close(n); f.Reopen(n) }, "1@a feature/1→main", ""},
	{"it is reopened and pushed to", func(f *forge.Forge) { n := f.Open(forge.Request{SHA: shaA}); f.Close(n); f.Reopen(n); f.Push(n, shaB) }, "1@b feature/1→main", ""},
	{"the first of two is closed", func(f *forge.Forge) {
		n := f.Open(forge.Request{SHA: shaA})
		f.Open(forge.Request{SHA: shaB})
		f.Close(n)
	},
		"2@b feature/2→main", "1"},
	{"the last of two is merged", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA}); f.Merge(f.Open(forge.Request{SHA: shaB})) },
		"1@a feature/1→main", "2"},
	{"all are closed", func(f *forge.Forge) {
		f.Close(f.Open(forge.Request{SHA: shaA}))
		f.Merge(f.Open(forge.Request{SHA: shaB}))
	}, "", "1 2"},
	{"somebody else opened it", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA, Author: "grace"}) }, "1@a feature/1→main [by grace]", ""},
	{"it is left alone for long", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA, Updated: longAgo}) }, "1@a feature/1→main [of 2019-08-07]", ""},
	{"it is touched again", func(f *forge.Forge) {
		f.Change(f.Open(forge.Request{SHA: shaA}), func(r *forge.Request) { r.Updated = longAgo })
	}, "1@a feature/1→main [of 2019-08-07]", ""},
	{"it changes files", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA, Files: []string{"a b.go", "c/ü.go"}}) },
		"1@a feature/1→main [in a b.go] [in c/ü.go]", ""},
	{"it moves a file", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA, Files: []string{"old.go => new.go"}}) },
		"1@a feature/1→main [in new.go] [in old.go]", ""},
	{"a push changes other files", func(f *forge.Forge) {
		n := f.Open(forge.Request{SHA: shaA, Files: []string{"a.go"}})
		f.Change(n, func(r *forge.Request) { r.SHA, r.Files = shaB, []string{"b.go"} })
	}, "1@b feature/1→main [in b.go]", ""},
	{"its branch is named like a number", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA, Branch: "1e10"}) }, "1@a 1e10→main", ""},
	{"its branch has every letter", func(f *forge.Forge) { f.Open(forge.Request{SHA: shaA, Branch: `日本/a+b&c=d?e#f%"`}) }, `1@a 日本/a+b&c=d?e#f%"→main`, ""},
	{"it is closed and another one is opened of its branch", func(f *forge.Forge) {
		f.Close(f.Open(forge.Request{SHA: shaA, Branch: "x"}))
		f.Open(forge.Request{SHA: shaB, Branch: "x"})
	}, "2@b x→main", "1"},
}

func TestEveryCaseIsTheSameOnEveryForge(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			onEvery(t, func(t *testing.T, f *forge.Forge, repository source.Source) {
				c.happens(f)
				tells := told(t, f)
				var got []string
				for _, item := range list(t, repository) {
					changed := files(t, repository, item)
					got = append(got, tell(item, changed, tells))
					if single, err := repository.Lookup(context.Background(), item.ID); err != nil || tell(single, changed, tells) != tell(item, changed, tells) {
						t.Errorf("looked up %+v, %v", single, err)
					}
				}
				if want := untold(c.lists, tells); strings.Join(got, ", ") != want {
					t.Errorf("listed %s, want %s", strings.Join(got, ", "), want)
				}
				for _, id := range strings.Fields(c.over) {
					if single, err := repository.Lookup(context.Background(), id); err != nil || !single.Closed {
						t.Errorf("looked up %+v, %v", single, err)
					}
				}
				if single, err := repository.Lookup(context.Background(), "9"); !errors.Is(err, transport.ErrNotFound) {
					t.Errorf("looked up what never was: %+v, %v", single, err)
				}
			})
		})
	}
}

// tell writes an item as the cases do.
func tell(item source.Item, files []string, tells source.Tells) string {
	out := fmt.Sprintf("%s@%.1s %s→%s", item.ID, item.SHA, item.Branch, item.TargetBranch)
	words := slices.Clone(item.Labels)
	if item.Fork {
		words = append(words, "fork")
	}
	if item.Draft {
		words = append(words, "draft")
	}
	if item.Author != "ada" {
		words = append(words, "by "+item.Author)
	}
	if day := item.UpdatedAt.Format(time.DateOnly); tells.Updated && day != "2026-01-02" {
		words = append(words, "of "+day)
	}
	for _, file := range files {
		words = append(words, "in "+file)
	}
	for _, word := range words {
		out += " [" + word + "]"
	}
	return untold(out, tells)
}

// untold leaves out what the forge does not tell.
func untold(text string, tells source.Tells) string {
	if !tells.Forks {
		text = strings.ReplaceAll(text, " [fork]", "")
	}
	if !tells.Drafts {
		text = strings.ReplaceAll(text, " [draft]", "")
	}
	if !tells.Updated {
		text = strings.ReplaceAll(text, " [of 2019-08-07]", "")
	}
	if !tells.Labels {
		for _, label := range []string{"ready", "hold", "size: XL"} {
			text = strings.ReplaceAll(text, " ["+label+"]", "")
		}
	}
	return text
}

// Whoever may read a repository at Gitea pushes to refs/for/main, and has a request whose
// head is said to be in the repository itself.
func TestWhatIsPushedForReviewAtGiteaIsAStrangers(t *testing.T) {
	f := forge.NewGitea(t)
	f.Open(forge.Request{SHA: shaA, Branch: "refs/pull/1/head", Author: "mallory"})
	f.Open(forge.Request{SHA: shaB})
	f.Open(forge.Request{SHA: shaB, Branch: "refs/pull/3/head", Fork: true, Author: "grace"}) // its branch is deleted
	for _, item := range list(t, open(t, f, forge.Token)) {
		if item.Fork != (item.ID != "2") {
			t.Errorf("request %s is from a fork: %t", item.ID, item.Fork)
		}
		if want := map[string]string{"1": "", "2": "acme/api", "3": "grace/api"}[item.ID]; item.Source != want {
			t.Errorf("request %s comes from %q, want %q", item.ID, item.Source, want)
		}
	}
}
