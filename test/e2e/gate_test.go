package e2e_test

import (
	"context"
	"slices"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// "Deploy gated on the image build."
func TestTheDeployIsGatedOnTheBuild(t *testing.T) {
	pr := open(t, "Gate")

	t.Run("an open pull request without the label is not deployed", func(t *testing.T) {
		poll(t)
		still(t, world.Absent(pr))
		inputs, err := world.Inputs(t.Context())
		must(t, err)
		if _, found := inputs[pr.ID()]; found {
			t.Errorf("the provider exports %v, with pull request %d", inputs, pr.Number)
		}
	})
	t.Run("the label's name as the title does not open the gate", func(t *testing.T) {
		must(t, world.Forge.Retitle(t.Context(), pr, actors.ReadyLabel))
		poll(t)
		still(t, world.Absent(pr))
	})
	t.Run("the label makes it an input with its number and head commit", func(t *testing.T) {
		must(t, world.Forge.AddLabel(t.Context(), pr))
		poll(t)
		expect(t, world.Exported(pr))
	})
	t.Run("and it is deployed", func(t *testing.T) { expect(t, world.Deployed(pr)) })
}

// "The two CRDs": the seed's provider, as it stands there.
func TestTheProviderIsTheSeeds(t *testing.T) {
	pr := preview(t, "The seed's provider")
	provider := get(t, actors.Provider, &v1.ResourceSetInputProvider{})

	t.Run("one repository, polled every five minutes", func(t *testing.T) {
		equal(t, provider.GetInterval().String(), "5m0s")
		equal(t, provider.Spec.Type, v1.InputProviderGiteaPullRequest)
	})
	t.Run("one line gates: skip what is not labelled", func(t *testing.T) {
		if want := []string{"!" + actors.ReadyLabel}; !slices.Equal(provider.Spec.Skip.Labels, want) {
			t.Errorf("got %v, want %v", provider.Spec.Skip.Labels, want)
		}
	})
	t.Run("a token that may only read code is enough for a private repository", func(t *testing.T) {
		expect(t, world.Exported(pr)) // StartPreviews has made no other token
	})
}

// What examples/README.md advises for a push to a labelled pull request: CI
// takes the label away first, and the provider freezes what lacks it.
func TestFrozenAPreviewStaysAsItIsWhileCIBuilds(t *testing.T) {
	pr := preview(t, "Frozen")
	provider := get(t, actors.Provider, &v1.ResourceSetInputProvider{})
	must(t, world.Patch(t.Context(), provider, `{"spec":{"skip":{"whenMissing":"Freeze"}}}`))
	t.Cleanup(func() {
		if err := world.Patch(context.Background(), provider, `{"spec":{"skip":{"whenMissing":"Remove"}}}`); err != nil {
			t.Error(err)
		}
	})
	before := pr

	t.Run("without its label it keeps its old commit after a push", func(t *testing.T) {
		must(t, world.Forge.RemoveLabel(t.Context(), pr))
		pr = push(t, pr, "Not built yet")
		poll(t)
		still(t, world.Deployed(before))
	})
	t.Run("with its label again, it has the new one", func(t *testing.T) {
		must(t, world.Forge.AddLabel(t.Context(), pr))
		poll(t)
		expect(t, world.Deployed(pr))
	})
}
