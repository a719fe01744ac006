package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// eddy runs a command in the previews' namespace, and returns all that it prints and its
// exit code.
func eddy(ctx context.Context, t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	binary, err := world.Programs.Eddy(ctx)
	must(t, err)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, binary, append([]string{"-n", actors.Namespace}, args...)...)
	command.Env = append(os.Environ(), "KUBECONFIG="+world.System.Kubeconfig)
	text, err := command.CombinedOutput()
	if command.ProcessState == nil {
		t.Fatal(err)
	}
	return string(text), command.ProcessState.ExitCode()
}

// ends runs a command, and expects how it ends, and that it says so.
func ends(t *testing.T, code int, says string, args ...string) {
	t.Helper()
	begun := time.Now()
	out, got := eddy(t.Context(), t, args...)
	if got != code || !regexp.MustCompile(says).MatchString(out) {
		t.Errorf("eddy %s: %d, want %d and %q\n%s", strings.Join(args, " "), got, code, says, out)
	}
	if took := time.Since(begun); took > time.Minute {
		t.Errorf("eddy %s has ended after %s, and could have known before", strings.Join(args, " "), took)
	}
}

// TestReconcilingAPreviewEndsWhenTheEndIsKnown asks real controllers.
func TestReconcilingAPreviewEndsWhenTheEndIsKnown(t *testing.T) {
	pr := open(t, "Reconciled")
	must(t, world.CI(t.Context(), pr))
	poll(t)
	expect(t, world.Deployed(pr))
	name, ks := "api/"+pr.ID(), world.KustomizationOf(pr)
	reconcile := []string{"reconcile", "preview", name, "--timeout=5m"}
	revision := func() string {
		return get(t, pr.Kustomization(), &kustomizev1.Kustomization{}).Status.LastAppliedRevision
	}
	if world.System.Node != nil {
		expect(t, world.Running(pr))
	}

	t.Run("ready, with what is new in the fleet", func(t *testing.T) {
		before := revision()
		must(t, world.Forge.AddToFleet(t.Context(), "Say when", map[string]string{"when.txt": fmt.Sprint(time.Now())}))
		ends(t, 0, `(?s)► GitRepository/flux-system/flux-system is asked to run.*✔ `+name+` is ready`, append(reconcile, "--with-source")...)
		if now := revision(); now == before {
			t.Errorf("it is still at %s", now)
		}
	})
	t.Run("suspended in Flux", func(t *testing.T) {
		must(t, world.Patch(t.Context(), ks, `{"spec":{"suspend":true}}`))
		ends(t, 1, "Kustomization/app-dev/"+pr.Kustomization()+" is suspended: let it go on first, with `flux resume kustomization "+pr.Kustomization()+" -n app-dev", reconcile...)
		must(t, world.Patch(t.Context(), ks, `{"spec":{"suspend":false}}`))
		expect(t, world.Deployed(pr))
	})
	t.Run("suspended here", func(t *testing.T) {
		ends(t, 0, "is suspended by", "suspend", "provider", "api-prs")
		ends(t, 1, "ResourceSetInputProvider/app-dev/api-prs is suspended.*`eddy resume provider api-prs -n app-dev`", reconcile...)
		ends(t, 0, "is looked after again", "resume", "provider", "api-prs")
		ends(t, 0, "is suspended by", "suspend", "rset", "api-pr-envs")
		ends(t, 1, "ResourceSet/app-dev/api-pr-envs is suspended.*`eddy resume resourceset api-pr-envs -n app-dev`", reconcile...)
		ends(t, 0, "is looked after again", "resume", "rset", "api-pr-envs")
	})
	t.Run("failed in Flux, which goes on trying", func(t *testing.T) {
		breakSet(t, `"./clusters/eks/apps/api/pr-template"`, `"./not/there"`)
		ends(t, 1, name+" failed: Kustomization/"+pr.Kustomization()+": .*not/there", reconcile...)
		must(t, world.ApplyResourceSet(t.Context()))
		expect(t, world.Deployed(pr))
	})
	t.Run("stalled, as what it deploys from is not there", func(t *testing.T) {
		breakSet(t, `"name":"flux-system"`, `"name":"nobody"`)
		ends(t, 1, `GitRepository/flux-system/nobody, which Kustomization/app-dev/`+pr.Kustomization()+` deploys from`, append(reconcile, "--with-source")...)
		ends(t, 1, name+" failed: Kustomization/"+pr.Kustomization()+": .*nobody", reconcile...)
		must(t, world.ApplyResourceSet(t.Context()))
		expect(t, world.Deployed(pr))
	})
	t.Run("gone", func(t *testing.T) {
		must(t, world.Forge.Close(t.Context(), pr))
		ends(t, 1, name+" is gone: its pull request is closed, or is no input any more", reconcile...)
	})
}

// breakSet changes a text of the ResourceSet's spec.
func breakSet(t *testing.T, from, to string) {
	t.Helper()
	set := get(t, actors.ResourceSet, world.Set())
	for _, resource := range set.Spec.Resources {
		changed := strings.ReplaceAll(string(resource.Raw), from, to)
		if changed == string(resource.Raw) {
			t.Fatalf("the set has no %s: %s", from, resource.Raw)
		}
		resource.Raw = []byte(changed)
	}
	must(t, world.Kube.Update(t.Context(), set))
}

// TestCheckTellsOfAnOperatorThatCrashes lets a real kubelet start what ends at once.
func TestCheckTellsOfAnOperatorThatCrashes(t *testing.T) {
	if world.System.Node == nil {
		t.Skip("no pod runs here")
	}
	pr := open(t, "Crashes")
	must(t, world.BuildImage(t.Context(), pr, "an image"))
	labels := map[string]string{"app.kubernetes.io/name": "eddy", "app.kubernetes.io/component": "operator"}
	operator := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "crashing", Namespace: actors.Namespace, Labels: labels},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{
				{Name: "operator", Image: pr.Image(), Env: []corev1.EnvVar{{Name: "PORT", Value: "none"}}, ImagePullPolicy: corev1.PullIfNotPresent},
			}}},
		},
	}
	must(t, world.Kube.Create(t.Context(), operator))
	t.Cleanup(func() {
		if err := world.Kube.Delete(context.Background(), operator); err != nil {
			t.Error(err)
		}
	})
	expect(t, actors.Claim{What: "it is told that the operator crashes", Within: time.Minute, Check: func(ctx context.Context) error {
		out, code := eddy(ctx, t, "check")
		if code != 1 || !strings.Contains(out, "has no replica that is ready: container operator crashes") || !strings.Contains(out, " --previous` has its last words") {
			return fmt.Errorf("it is %d, and says\n%s", code, out)
		}
		return nil
	}})
}
