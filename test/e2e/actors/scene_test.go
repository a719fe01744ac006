package actors_test

import (
	"slices"
	"testing"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

func TestNewsIsWhatCameChangedAndWent(t *testing.T) {
	input, ks := actors.Thing{Kind: "pull request", Name: "1"}, actors.Thing{Kind: "Kustomization", Name: "api-pr-1"}
	service := actors.Thing{Kind: "Service", Name: "api-1"}
	tests := []struct {
		claim         string
		before, after actors.Scene
		want          []actors.Event
	}{
		{claim: "nothing has happened", before: actors.Scene{ks: "x"}, after: actors.Scene{ks: "x"}},
		{
			claim: "what came is told in the order of the chain, with its state where it has one",
			after: actors.Scene{service: "", ks: "commit abc", input: "commit abc"},
			want: []actors.Event{
				{Actor: "watcher", Text: "pull request 1 is ready to deploy: commit abc"},
				{Actor: "templater", Text: "Kustomization api-pr-1 created: commit abc"},
				{Actor: "flux", Text: "Service api-1 created"},
			},
		},
		{
			claim:  "a new commit in a Kustomization is the templater's doing",
			before: actors.Scene{ks: "commit abc, ready"}, after: actors.Scene{ks: "commit def, ready"},
			want: []actors.Event{{Actor: "templater", Text: "Kustomization api-pr-1: commit def, ready"}},
		},
		{
			claim:  "the rest of a Kustomization's state is Flux's doing",
			before: actors.Scene{ks: "commit abc"}, after: actors.Scene{ks: "commit abc, ready"},
			want: []actors.Event{{Actor: "flux", Text: "Kustomization api-pr-1: commit abc, ready"}},
		},
		{
			claim:  "what went is told",
			before: actors.Scene{input: "commit abc", service: ""}, after: actors.Scene{},
			want: []actors.Event{
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
