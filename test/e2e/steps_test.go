package e2e_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// open opens a pull request, which is closed when the test ends.
func open(t *testing.T, title string) actors.PullRequest {
	t.Helper()
	pr, err := world.Forge.Open(t.Context(), title)
	must(t, err)
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx := context.Background()
		if err := world.Forge.Close(ctx, pr); err != nil && !strings.Contains(err.Error(), "merged") {
			t.Errorf("closing the pull request: %v", err)
		}
		if err := world.Poll(ctx); err != nil {
			t.Error(err)
		}
	})
	return pr
}

// preview opens a pull request and sees it deployed, as it would be with CI
// done. There is an image only where pods run.
func preview(t *testing.T, title string) actors.PullRequest {
	t.Helper()
	pr := open(t, title)
	must(t, world.Forge.AddLabel(t.Context(), pr))
	poll(t)
	expect(t, world.Deployed(pr))
	return pr
}

// push adds a commit, as the developer does.
func push(t *testing.T, pr actors.PullRequest, message string) actors.PullRequest {
	t.Helper()
	pr, err := world.Forge.Push(t.Context(), pr, message)
	must(t, err)
	return pr
}

// poll lets the watcher look at the forge, as after five minutes.
func poll(t *testing.T) {
	t.Helper()
	must(t, world.Poll(t.Context()))
}

// expect waits for a claim to come true.
func expect(t *testing.T, claim actors.Claim) {
	t.Helper()
	must(t, world.Wait(t.Context(), claim))
}

// still checks that a claim is true and stays so for a while.
func still(t *testing.T, claim actors.Claim) {
	t.Helper()
	must(t, world.Holds(t.Context(), claim, 3*time.Second))
}

// get reads an object of the previews' namespace.
func get[T client.Object](t *testing.T, name string, into T) T {
	t.Helper()
	must(t, world.Get(t.Context(), name, into))
	return into
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
