package e2e_test

import (
	"context"
	"testing"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// "When PR #1234 closes (or loses its build/image-ready label) … the whole
// environment unwinds within one reconcile cycle."
func TestCleanupIsAutomatic(t *testing.T) {
	tests := []struct {
		claim string
		leave func(*actors.Forge, context.Context, actors.PullRequest) error
	}{
		{"closed, it is gone", (*actors.Forge).Close},
		{"merged, it is gone", (*actors.Forge).Merge},
		{"without its label, it is gone", (*actors.Forge).RemoveLabel},
	}
	for _, test := range tests {
		t.Run(test.claim, func(t *testing.T) {
			pr := preview(t, test.claim)
			must(t, test.leave(world.Forge, t.Context(), pr))
			poll(t)
			expect(t, world.Absent(pr))
		})
	}
	t.Run("reopened, it is back", func(t *testing.T) {
		pr := preview(t, "Back again")
		must(t, world.Forge.Close(t.Context(), pr))
		poll(t)
		expect(t, world.Absent(pr))
		must(t, world.Forge.Reopen(t.Context(), pr))
		poll(t)
		expect(t, world.Deployed(pr))
	})
	t.Run("with its label again, it is back", func(t *testing.T) {
		pr := preview(t, "Labelled again")
		must(t, world.Forge.RemoveLabel(t.Context(), pr))
		poll(t)
		expect(t, world.Absent(pr))
		must(t, world.Forge.AddLabel(t.Context(), pr))
		poll(t)
		expect(t, world.Deployed(pr))
	})
}
