package e2e_test

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// "Stamping the new COMMIT_SHA into an annotation forces a fresh rollout on
// every push."
func TestAPushRollsThePreviewOut(t *testing.T) {
	pr, neighbour := preview(t, "A push"), preview(t, "The neighbour")
	name := pr.Name("api-deployment")
	before := get(t, name, &appsv1.Deployment{})
	untouched := versions(t, pr, neighbour)

	pr = push(t, pr, "Another commit")
	poll(t)
	expect(t, world.Deployed(pr))
	after := get(t, name, &appsv1.Deployment{})

	t.Run("the annotation is the new commit", func(t *testing.T) {
		equal(t, after.Spec.Template.Annotations[actors.CommitAnnotation], pr.SHA)
	})
	t.Run("the image tag stays the same", func(t *testing.T) {
		equal(t, after.Spec.Template.Spec.Containers[0].Image, pr.Image())
	})
	t.Run("nothing else in the Deployment's spec has changed", func(t *testing.T) {
		same := after.Spec.DeepCopy()
		same.Template.Annotations[actors.CommitAnnotation] = before.Spec.Template.Annotations[actors.CommitAnnotation]
		if !equality.Semantic.DeepEqual(*same, before.Spec) {
			t.Errorf("before\n%+v\nafter\n%+v", before.Spec, after.Spec)
		}
	})
	t.Run("it is the same Deployment, in a new generation", func(t *testing.T) {
		equal(t, after.UID, before.UID)
		equal(t, after.Generation, before.Generation+1)
	})
	t.Run("neither its other objects nor another preview is written to", func(t *testing.T) {
		for what, version := range versions(t, pr, neighbour) {
			if version != untouched[what] {
				t.Errorf("%s was at version %s, is at %s", what, untouched[what], version)
			}
		}
	})
}

// versions maps what a push to the first must not touch to its version. The
// neighbour's Deployment counts by its generation, as pods come and go.
func versions(t *testing.T, pr, neighbour actors.PullRequest) map[string]string {
	t.Helper()
	other := get(t, neighbour.Name("api-deployment"), &appsv1.Deployment{})
	return map[string]string{
		"the Service":            get(t, pr.Name("api"), &corev1.Service{}).ResourceVersion,
		"the ConfigMap":          get(t, pr.Name("api-config"), &corev1.ConfigMap{}).ResourceVersion,
		"the host":               get(t, pr.Name("api-ingress"), &networkingv1.Ingress{}).Spec.Rules[0].Host,
		"the neighbour's commit": other.Spec.Template.Annotations[actors.CommitAnnotation],
		"the neighbour's UID":    string(other.UID),
	}
}
