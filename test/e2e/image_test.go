package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

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

// gated wants an image, and stamps out a Deployment of it.
func gated(t *testing.T, repository string) {
	t.Helper()
	replicas := "1"
	if world.System.Node == nil {
		replicas = "0"
	}
	beside(t, "built", func(spec *v1.ResourceSetInputProviderSpec) {
		spec.Gate = &v1.Gate{Images: []v1.GateImage{{Name: "app", Repository: repository, Insecure: true}}}
	}, `
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
`)
}

// heldFor claims that a request waits for the image of its commit.
func heldFor(pr actors.PullRequest, repository string) actors.Claim {
	message := "waits for the image " + repository + ":" + pr.SHA
	claim := heldBy("built", pr, message, func(line v1.HeldRequest) bool {
		return line.Reason == v1.HeldWaitingForImage && line.Message == message
	})
	claim.Within = time.Minute
	return claim
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
