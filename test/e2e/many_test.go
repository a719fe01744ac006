package e2e_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// "If 7 PRs are open, this renders 7 Kustomization objects."
func TestSevenPullRequestsAreSevenKustomizations(t *testing.T) {
	var open7 []actors.PullRequest
	for i := range 7 {
		pr := open(t, fmt.Sprintf("One of seven: %d", i+1))
		must(t, world.Forge.AddLabel(t.Context(), pr))
		open7 = append(open7, pr)
	}
	poll(t)
	for _, pr := range open7 {
		expect(t, world.Deployed(pr))
	}

	t.Run("one each, api-pr-N", func(t *testing.T) {
		previews, err := world.Previews(t.Context())
		must(t, err)
		var names []string
		for _, ks := range previews {
			names = append(names, ks.Name)
		}
		for _, pr := range open7 {
			if !slices.Contains(names, pr.Kustomization()) {
				t.Errorf("%s is not among %v", pr.Kustomization(), names)
			}
		}
		equal(t, len(names), len(open7))
	})
	t.Run("each has objects of its own", func(t *testing.T) {
		for _, pr := range open7 {
			names, err := world.Objects(t.Context(), pr)
			must(t, err)
			equal(t, len(names), 5)
		}
	})
	t.Run("one that goes takes nothing of the others with it", func(t *testing.T) {
		must(t, world.Forge.Close(t.Context(), open7[3]))
		poll(t)
		expect(t, world.Absent(open7[3]))
		for _, pr := range slices.Delete(slices.Clone(open7), 3, 4) {
			expect(t, world.Deployed(pr))
		}
	})
}
