package source_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	repo "github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// tellEvery plays a case on every forge that can be told something of a kind.
func tellEvery[T any](t *testing.T, play func(t *testing.T, f *forge.Forge, can T)) {
	t.Helper()
	told := 0
	for name, start := range forges {
		t.Run(name, func(t *testing.T) {
			f := start(t)
			repository, err := source.Repository(configOf(f, f.Type, forge.Token))
			if err != nil {
				t.Fatal(err)
			}
			can, ok := repository.(T)
			if !ok {
				t.Skip("it cannot be told that")
			}
			told++
			play(t, f, can)
		})
	}
	if told == 0 {
		t.Error("no forge can be told that")
	}
}

func TestACommentIsFoundAgainWhereverItStands(t *testing.T) {
	tellEvery(t, func(t *testing.T, f *forge.Forge, can repo.Comments) {
		ctx, n := context.Background(), fmt.Sprint(f.Open(forge.Request{}))
		if found, err := can.Comments(ctx, n, "eddy:v1 x"); err != nil || len(found) != 0 {
			t.Fatalf("of a new request: %v, %v", found, err)
		}
		for i := range 130 {
			f.Say(1, "ada", fmt.Sprint("what about ", i))
		}
		marker := can.Markdown().Hidden("eddy:v1 x")
		id, err := can.Comment(ctx, n, marker+"\n\nhello")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 130 {
			f.Say(1, "ada", fmt.Sprint("and what about ", i))
		}
		found, err := can.Comments(ctx, n, marker)
		if err != nil || len(found) != 1 || found[0].ID != id || !strings.Contains(found[0].Text, "hello") {
			t.Fatalf("found %v, %v, want %s", found, err, id)
		}
		for _, text := range []string{"once", "twice"} {
			if err := can.Recomment(ctx, n, repo.Comment{ID: id, Text: marker + text}); err != nil {
				t.Fatal(err)
			}
		}
		of := f.Comments(1)[130]
		if strings.HasPrefix(f.Type, "AzureDevOps") && !of.Closed { // a policy would wait for it
			t.Errorf("somebody has to resolve %+v", of)
		}
		if of.Text != marker+"twice" || of.Edits != 2 || len(f.Comments(1)) != 261 {
			t.Errorf("there is %+v among %d", of, len(f.Comments(1)))
		}
		if err := can.Uncomment(ctx, n, id); err != nil || len(f.Comments(1)) != 260 {
			t.Errorf("it is not taken away: %v, and there are %d", err, len(f.Comments(1)))
		}
		if err := can.Uncomment(ctx, n, id); !errors.Is(err, transport.ErrNotFound) {
			t.Errorf("taken away twice: %v", err)
		}
		if err := can.Recomment(ctx, n, repo.Comment{ID: id, Text: marker}); !errors.Is(err, transport.ErrNotFound) {
			t.Errorf("after it was deleted: %v", err)
		}
	})
}

func TestACommentIsNotWrittenOnWhatIsNotThere(t *testing.T) {
	tellEvery(t, func(t *testing.T, _ *forge.Forge, can repo.Comments) {
		for _, request := range []string{"7", "main", ""} {
			if _, err := can.Comment(context.Background(), request, "hello"); !errors.Is(err, transport.ErrNotFound) {
				t.Errorf("%q: %v", request, err)
			}
		}
	})
}

func TestACommitHasTheStatusThatWasSet(t *testing.T) {
	tellEvery(t, func(t *testing.T, f *forge.Forge, can repo.Statuses) {
		sha := strings.Repeat("c0ffee", 7)[:40]
		status := repo.Status{
			Request: fmt.Sprint(f.Open(forge.Request{SHA: sha})), Page: "https://forge.example.com/1", SHA: sha, Name: "preview/api",
			Description: strings.Repeat("é", 300), URL: "https://api-1.example.com",
		}
		for _, status.State = range []repo.State{repo.Pending, repo.Failure, repo.Success} {
			if err := can.SetStatus(context.Background(), status); err != nil {
				t.Fatal(err)
			}
		}
		got := f.Statuses(sha)
		if len(got) < 3 {
			t.Fatalf("it was told %+v", got)
		}
		if last := got[len(got)-1]; !strings.Contains(last.Name, "preview/api") || last.URL != status.URL || !strings.HasPrefix(strings.ToLower(last.State), "succe") {
			t.Errorf("the last is %+v", last)
		}
	})
}

func TestADeploymentIsToldOfOnceAndOfItsEnd(t *testing.T) {
	tellEvery(t, func(t *testing.T, f *forge.Forge, can repo.Deployments) {
		ctx, sha := context.Background(), strings.Repeat("c0ffee", 7)[:40]
		d := repo.Deployment{
			Request: fmt.Sprint(f.Open(forge.Request{SHA: sha})), SHA: sha, Branch: "feature/1", Name: "preview/api", Marker: "eddy:v1 x",
			Environment: can.Environment("api", "1"), URL: "https://api-1.example.com", State: repo.Pending,
		}
		first, err := can.Deploy(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := can.Deploy(ctx, d); err != nil || again != first {
			t.Errorf("told again: %s, %v, want %s", again, err, first)
		}
		for _, d.State = range []repo.State{repo.Success, repo.Over} {
			if err := can.Deployed(ctx, first, d); err != nil {
				t.Fatal(err)
			}
		}
		if got := f.Deployments(); len(got) != 1 || got[0].SHA != sha || len(got[0].States) < 1 {
			t.Errorf("it was told of %+v", got)
		}
	})
}
