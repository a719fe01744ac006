package e2e_test

import (
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// "Each one you can inspect, retry, or delete on its own."
func TestOneKustomizationCanBeHandledOnItsOwn(t *testing.T) {
	pr := preview(t, "By hand")
	first := pr.SHA
	ks := world.KustomizationOf(pr)

	t.Run("suspended by hand, it stays so, and keeps its old commit after a push", func(t *testing.T) {
		must(t, world.Patch(t.Context(), ks, `{"spec":{"suspend":true}}`))
		pr = push(t, pr, "While suspended")
		poll(t)
		expect(t, world.Templated(pr))
		still(t, world.Applied(actors.PullRequest{Number: pr.Number, SHA: first}))
		equal(t, get(t, pr.Kustomization(), &kustomizev1.Kustomization{}).Spec.Suspend, true)
	})
	t.Run("resumed, it catches up", func(t *testing.T) {
		must(t, world.Patch(t.Context(), ks, `{"spec":{"suspend":false}}`))
		expect(t, world.Deployed(pr))
	})
	t.Run("retried by annotation, it reconciles", func(t *testing.T) {
		token, err := world.Request(t.Context(), ks)
		must(t, err)
		expect(t, world.Retried(pr, token))
	})
	t.Run("deleted by hand, it comes back by itself", func(t *testing.T) {
		before := get(t, pr.Kustomization(), &kustomizev1.Kustomization{}).UID
		must(t, world.Kube.Delete(t.Context(), ks))
		expect(t, world.Renewed(pr, before))
		expect(t, world.Deployed(pr))
	})
}

// What a developer types is text, in no place structure.
func TestAHostileTitleChangesNothing(t *testing.T) {
	titles := []string{
		"x: {y: [z]} # <<inputs.sha>> ${PR_NUMBER}",
		"\"\n  suspend: true\n#",
		"true", "---", "<< fail >>", "名前: 値",
	}
	pr := preview(t, "A harmless title")
	before := get(t, pr.Kustomization(), &kustomizev1.Kustomization{})
	for _, title := range titles {
		t.Run(title, func(t *testing.T) {
			must(t, world.Forge.Retitle(t.Context(), pr, title))
			poll(t)
			expect(t, world.PreviewsReady())
			expect(t, world.Deployed(pr))
			equal(t, get(t, pr.Kustomization(), &kustomizev1.Kustomization{}).Generation, before.Generation)
		})
	}
}

// "dependsOn shared infra, or every preview env races namespace/ingress setup
// on bootstrap."
func TestPreviewsWaitForSharedInfrastructure(t *testing.T) {
	pr := open(t, "Bootstrap")
	shared := world.Shared()
	must(t, world.Patch(t.Context(), shared, `{"spec":{"path":"./not/there/yet"}}`))
	expect(t, world.InfraBroken())
	repair := func() error {
		return world.Patch(t.Context(), shared, `{"spec":{"path":"./clusters/eks/infrastructure/app-common-dev"}}`)
	}

	t.Run("while it is not ready, nothing is deployed", func(t *testing.T) {
		must(t, world.Forge.AddLabel(t.Context(), pr))
		poll(t)
		expect(t, world.Held(pr))
		still(t, world.Held(pr))
	})
	t.Run("once it is, the preview is deployed", func(t *testing.T) {
		must(t, repair())
		expect(t, world.InfraReady())
		_, err := world.Request(t.Context(), world.KustomizationOf(pr)) // else in 30 s
		must(t, err)
		expect(t, world.Deployed(pr))
	})
}

// Deleting the one object takes all previews with it.
func TestDeletingTheResourceSetRemovesAll(t *testing.T) {
	prs := []actors.PullRequest{preview(t, "All go"), preview(t, "Both of them")}
	must(t, world.Kube.Delete(t.Context(), world.Set()))

	t.Run("every preview goes", func(t *testing.T) {
		for _, pr := range prs {
			expect(t, world.Absent(pr))
		}
		expect(t, world.NoPreviews())
	})
	t.Run("and with it again, every preview comes back", func(t *testing.T) {
		expect(t, world.Removed(actors.ResourceSet, &v1.ResourceSet{}))
		must(t, world.ApplyResourceSet(t.Context()))
		for _, pr := range prs {
			expect(t, world.Deployed(pr))
		}
	})
}
