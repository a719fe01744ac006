package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// TestAnImageThatIsPushedIsEnough has CI push an image to a real registry, and do
// nothing else: no label is set, and the preview follows, at the digest of that image.
func TestAnImageThatIsPushedIsEnough(t *testing.T) {
	repository := world.System.Registry.Host + "/acme/built"
	gated(t, repository)
	pr := open(t, "Built")
	build := func(t *testing.T, pr actors.PullRequest) {
		t.Helper()
		must(t, world.Programs.Image(t.Context(), world.System.Dir, repository+":"+pr.SHA, pr.Title))
	}

	t.Run("a request whose image is not there is held", func(t *testing.T) {
		expect(t, heldFor(pr, repository))
		still(t, builtIs(pr, ""))
	})
	t.Run("its image is enough, and is what runs", func(t *testing.T) {
		build(t, pr)
		pushed := time.Now()
		expect(t, builtIs(pr, repository))
		t.Logf("%s after the push", time.Since(pushed).Round(100*time.Millisecond))
	})
	t.Run("the next commit waits for its own, and what runs stays", func(t *testing.T) {
		before := pr
		pr = push(t, pr, "Another look")
		expect(t, heldFor(pr, repository))
		still(t, builtIs(before, repository))
		build(t, pr)
		expect(t, builtIs(pr, repository))
	})
	t.Run("closed, it is gone", func(t *testing.T) {
		must(t, world.Forge.Close(t.Context(), pr))
		expect(t, builtIs(pr, ""))
	})
}

// gated watches the same repository by another provider, which wants an image in place
// of the label, and stamps out a Deployment of it.
func gated(t *testing.T, repository string) {
	t.Helper()
	seed := get(t, actors.Provider, &v1.ResourceSetInputProvider{})
	provider := &v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "built", Namespace: actors.Namespace, Annotations: map[string]string{v1.ReconcileEveryAnnotation: "2s"}},
		Spec:       *seed.Spec.DeepCopy(),
	}
	provider.Spec.Skip = nil
	provider.Spec.Gate = &v1.Gate{Images: []v1.GateImage{{Name: "app", Repository: repository, Insecure: true}}}
	must(t, world.Kube.Create(t.Context(), provider))
	replicas := "1"
	if world.System.Node == nil {
		replicas = "0"
	}
	must(t, world.Apply(t.Context(), `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: built, namespace: app-dev}
spec:
  inputsFrom: [{name: built}]
  resources:
    - apiVersion: apps/v1
      kind: Deployment
      metadata: {name: "built-<< inputs.id >>", namespace: app-dev}
      spec:
        replicas: `+replicas+`
        selector: {matchLabels: {app: "built-<< inputs.id >>"}}
        template:
          metadata: {labels: {app: "built-<< inputs.id >>"}, annotations: {commit: << inputs.sha | quote >>}}
          spec:
            terminationGracePeriodSeconds: 1
            containers:
              - name: app
                image: << inputs.images.app.ref >>
                readinessProbe: {periodSeconds: 1, httpGet: {path: /, port: 8080}}
`))
	t.Cleanup(func() {
		for _, object := range []client.Object{&v1.ResourceSet{}, provider} {
			object.SetName("built")
			object.SetNamespace(actors.Namespace)
			if err := world.Kube.Delete(context.Background(), object); client.IgnoreNotFound(err) != nil {
				t.Error(err)
			}
		}
	})
}

// heldFor claims that a request waits for the image of its commit.
func heldFor(pr actors.PullRequest, repository string) actors.Claim {
	message := "waits for the image " + repository + ":" + pr.SHA
	return actors.Claim{What: fmt.Sprintf("pull request %d %s", pr.Number, message), Within: time.Minute, Check: func(ctx context.Context) error {
		provider := &v1.ResourceSetInputProvider{}
		if err := world.Get(ctx, "built", provider); err != nil {
			return err
		}
		for _, line := range provider.Status.Held {
			if line.ID == pr.ID() && line.Reason == v1.HeldWaitingForImage && line.Message == message {
				return nil
			}
		}
		return fmt.Errorf("held are %+v", provider.Status.Held)
	}}
}

// builtIs claims that the Deployment of a request runs its commit, of an image of a
// repository by its digest; or that there is none where no repository is given.
func builtIs(pr actors.PullRequest, repository string) actors.Claim {
	name := "built-" + pr.ID()
	return actors.Claim{What: name + " is of " + repository, Within: time.Minute, Check: func(ctx context.Context) error {
		deployment := &appsv1.Deployment{}
		err := world.Get(ctx, name, deployment)
		if repository == "" && apierrors.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		template, status := deployment.Spec.Template, deployment.Status
		image := template.Spec.Containers[0].Image
		switch {
		case repository == "" || template.Annotations["commit"] != pr.SHA || !strings.HasPrefix(image, repository+"@sha256:"):
			return fmt.Errorf("it is of %s, at the commit %s", image, template.Annotations["commit"])
		case status.ObservedGeneration != deployment.Generation || status.ReadyReplicas != *deployment.Spec.Replicas || status.UpdatedReplicas != *deployment.Spec.Replicas:
			return fmt.Errorf("%d pods of the image are ready", status.ReadyReplicas)
		}
		return nil
	}}
}
