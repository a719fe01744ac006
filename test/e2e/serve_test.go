package e2e_test

import (
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// "Open a PR, get a working URL."
func TestTheURLWorks(t *testing.T) {
	pr := open(t, "A working URL")
	if world.System.Node == nil || world.System.Ingress == nil {
		t.Skip("no pods run here: " + strings.Join(world.System.Missing, "; "))
	}
	must(t, world.CI(t.Context(), pr))
	poll(t)

	t.Run("the pod is ready, as the image was there first", func(t *testing.T) { expect(t, world.Running(pr)) })
	t.Run("the URL answers with this pull request", func(t *testing.T) {
		expect(t, world.Answers(pr, actors.Page(pr)))
	})
	t.Run("the application knows its own URL", func(t *testing.T) { expect(t, world.Answers(pr, pr.PublicURL())) })
	t.Run("after a push it shows the new commit, under the same tag", func(t *testing.T) {
		pr = push(t, pr, "A new page")
		must(t, world.CI(t.Context(), pr))
		poll(t)
		expect(t, world.Deployed(pr))
		expect(t, world.Running(pr))
		expect(t, world.Answers(pr, actors.Page(pr)))
	})
	t.Run("a second preview beside it answers for itself", func(t *testing.T) {
		other := open(t, "Beside it")
		must(t, world.CI(t.Context(), other))
		poll(t)
		expect(t, world.Answers(other, actors.Page(other)))
		expect(t, world.Answers(pr, actors.Page(pr)))
	})
	t.Run("closed, the URL is gone", func(t *testing.T) {
		must(t, world.Forge.Close(t.Context(), pr))
		poll(t)
		expect(t, world.Absent(pr))
		if body, err := world.Visit(t.Context(), pr); err == nil {
			t.Errorf("it still answers: %s", body)
		}
	})
}
