package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// ciCheck is what a job of Actions is called at Gitea.
const ciCheck = "CI / image (pull_request)"

// TestWhatCISaysIsEnough has CI set the status of a commit at a real Gitea, and do
// nothing else: the preview follows once it says that all went well.
func TestWhatCISaysIsEnough(t *testing.T) {
	checkedBy(t, ciCheck)
	pr := open(t, "Checked")
	say := func(t *testing.T, pr actors.PullRequest, name, state string) {
		t.Helper()
		must(t, world.Forge.SetStatus(t.Context(), pr, name, state))
	}

	t.Run("a commit of which CI says nothing is held", func(t *testing.T) {
		expect(t, checkHeld(pr, v1.HeldWaitingForCheck, "there is no check of its commit yet"))
	})
	t.Run("a name that is not there is answered with those that are", func(t *testing.T) {
		say(t, pr, "CI / lint (pull_request)", "success")
		expect(t, checkHeld(pr, v1.HeldWaitingForCheck, `(there are: "CI / lint (pull_request)")`))
	})
	t.Run("while CI runs there is no preview", func(t *testing.T) {
		say(t, pr, ciCheck, "pending")
		expect(t, checkHeld(pr, v1.HeldWaitingForCheck, "which is pending"))
		still(t, checkedAt(pr, ""))
	})
	t.Run("a failure says so", func(t *testing.T) {
		say(t, pr, ciCheck, "failure")
		expect(t, checkHeld(pr, v1.HeldCheckFailed, "which came to failure"))
		still(t, checkedAt(pr, ""))
	})
	t.Run("success is enough", func(t *testing.T) {
		say(t, pr, ciCheck, "success")
		said := time.Now()
		expect(t, checkedAt(pr, pr.SHA))
		t.Logf("%s after CI said so", time.Since(said).Round(100*time.Millisecond))
	})
	t.Run("the next commit waits for its own, and what is there stays", func(t *testing.T) {
		before := pr.SHA
		pr = push(t, pr, "Another look")
		expect(t, checkHeld(pr, v1.HeldWaitingForCheck, "there is no check of its commit yet"))
		still(t, checkedAt(pr, before))
		say(t, pr, ciCheck, "success")
		expect(t, checkedAt(pr, pr.SHA))
	})
	t.Run("closed, it is gone", func(t *testing.T) {
		must(t, world.Forge.Close(t.Context(), pr))
		expect(t, checkedAt(pr, ""))
	})
}

// checkedBy watches the same repository by another provider, which wants CI to say
// something in place of the label, and stamps out a ConfigMap.
func checkedBy(t *testing.T, name string) {
	t.Helper()
	seed := get(t, actors.Provider, &v1.ResourceSetInputProvider{})
	provider := &v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "checked", Namespace: actors.Namespace, Annotations: map[string]string{v1.ReconcileEveryAnnotation: "2s"}},
		Spec:       *seed.Spec.DeepCopy(),
	}
	provider.Spec.Skip = nil
	provider.Spec.Gate = &v1.Gate{Checks: []v1.GateCheck{{Name: name}}}
	must(t, world.Kube.Create(t.Context(), provider))
	must(t, world.Apply(t.Context(), `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: checked, namespace: app-dev}
spec:
  inputsFrom: [{name: checked}]
  resources:
    - apiVersion: v1
      kind: ConfigMap
      metadata: {name: "checked-<< inputs.id >>", namespace: app-dev}
      data: {commit: << inputs.sha | quote >>, state: << (index inputs.checks 0).state | quote >>}
`))
	t.Cleanup(func() {
		for _, object := range []client.Object{&v1.ResourceSet{}, provider} {
			object.SetName("checked")
			object.SetNamespace(actors.Namespace)
			if err := world.Kube.Delete(context.Background(), object); client.IgnoreNotFound(err) != nil {
				t.Error(err)
			}
		}
	})
}

// checkHeld claims that a request is held for a reason, in these words.
func checkHeld(pr actors.PullRequest, reason, words string) actors.Claim {
	return actors.Claim{What: fmt.Sprintf("pull request %d is held: %s, %s", pr.Number, reason, words), Within: 90 * time.Second, Check: func(ctx context.Context) error {
		provider := &v1.ResourceSetInputProvider{}
		if err := world.Get(ctx, "checked", provider); err != nil {
			return err
		}
		for _, line := range provider.Status.Held {
			if line.ID == pr.ID() && line.SHA == pr.SHA && line.Reason == reason && strings.Contains(line.Message, words) {
				return nil
			}
		}
		return fmt.Errorf("held are %+v", provider.Status.Held)
	}}
}

// checkedAt claims that the preview of a request is at a commit; that there is none
// where that is empty.
func checkedAt(pr actors.PullRequest, sha string) actors.Claim {
	name := "checked-" + pr.ID()
	return actors.Claim{What: name + " is at " + sha, Within: 90 * time.Second, Check: func(ctx context.Context) error {
		made := &corev1.ConfigMap{}
		err := world.Get(ctx, name, made)
		switch {
		case apierrors.IsNotFound(err) && sha == "":
			return nil
		case err != nil:
			return err
		case made.Data["commit"] != sha || made.Data["state"] != "success":
			return fmt.Errorf("it is %v", made.Data)
		}
		return nil
	}}
}
