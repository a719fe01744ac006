package story_test

import (
	"slices"
	"testing"

	"github.com/eddy-previews/eddy/test/e2e/story"
)

func TestNewsIsWhatCameChangedAndWent(t *testing.T) {
	input, ks := story.Thing{Kind: "pull request", Name: "1"}, story.Thing{Kind: "Kustomization", Name: "api-pr-1"}
	service := story.Thing{Kind: "Service", Name: "api-1"}
	tests := []struct {
		claim         string
		before, after story.Scene
		want          []story.Event
	}{
		{claim: "nothing has happened", before: story.Scene{ks: "x"}, after: story.Scene{ks: "x"}},
		{
			claim: "what came is told in the order of the chain, with its state where it has one",
			after: story.Scene{service: "", ks: "commit abc", input: "commit abc"},
			want: []story.Event{
				{Actor: "watcher", Text: "pull request 1 is ready to deploy: commit abc"},
				{Actor: "templater", Text: "Kustomization api-pr-1 created: commit abc"},
				{Actor: "flux", Text: "Service api-1 created"},
			},
		},
		{
			claim:  "a new commit in a Kustomization is the templater's doing",
			before: story.Scene{ks: "commit abc, ready"}, after: story.Scene{ks: "commit def, ready"},
			want: []story.Event{{Actor: "templater", Text: "Kustomization api-pr-1: commit def, ready"}},
		},
		{
			claim:  "the rest of a Kustomization's state is Flux's doing",
			before: story.Scene{ks: "commit abc"}, after: story.Scene{ks: "commit abc, ready"},
			want: []story.Event{{Actor: "flux", Text: "Kustomization api-pr-1: commit abc, ready"}},
		},
		{
			claim:  "what went is told",
			before: story.Scene{input: "commit abc", service: ""}, after: story.Scene{},
			want: []story.Event{
				{Actor: "watcher", Text: "pull request 1 is no longer an input"},
				{Actor: "flux", Text: "Service api-1 deleted"},
			},
		},
	}
	for _, test := range tests {
		t.Run(test.claim, func(t *testing.T) {
			if got := test.after.News(test.before); !slices.Equal(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
