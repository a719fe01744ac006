package operator_test

import (
	"context"
	"testing"
	"time"

	"github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// A preview that runs is not asked about: who tells that it no longer does is the
// watch.
func TestAPreviewThatStopsRunningIsNoLongerReady(t *testing.T) {
	namespace := server.Namespace(t)
	stop := startOn(t, server.Config, "--watch-namespaces="+namespace)
	makeDeploying(t, namespace)
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	ready := told(t, namespace, func(p v1.PreviewStatus) string { return string(p.Ready) + " " + p.Reason + " " + p.ReadySHA })
	g.Eventually(ready).Should(gomega.Equal("Unknown Deploying "))

	api := workload(t, namespace)
	rolledOut(t, api, 1)
	kustomized(t, namespace)
	g.Eventually(ready).Should(gomega.Equal("True ReconciliationSucceeded c0ffee"))
	time.Sleep(2 * time.Second) // nothing is waited for any more
	rolledOut(t, api, 0)
	g.Eventually(ready).Should(gomega.Equal("Unknown Deploying c0ffee"))
	rolledOut(t, api, 1)
	g.Eventually(ready).Should(gomega.Equal("True ReconciliationSucceeded c0ffee"))

	before := readSet(t, namespace)
	stop()
	startOn(t, server.Config, "--watch-namespaces="+namespace)
	g.Consistently(ready, 3*time.Second).Should(gomega.Equal("True ReconciliationSucceeded c0ffee"))
	if after := readSet(t, namespace); after.ResourceVersion != before.ResourceVersion {
		t.Errorf("a restart has written\n%+v\nfor\n%+v", after.Status, before.Status)
	}
	if err := server.Client.Delete(context.Background(), api); err != nil {
		t.Fatal(err)
	}
	g.Eventually(ready).Should(gomega.Equal("False RolloutFailed c0ffee"))
}

// A Kustomization that cannot deploy any more is told at once, though all that it had
// deployed runs. That it is at work, as at each of its intervals, is no news.
func TestAKustomizationThatTurnsNotReadyIsSeenByTheWatch(t *testing.T) {
	namespace := server.Namespace(t)
	startOn(t, server.Config, "--watch-namespaces="+namespace)
	makeDeploying(t, namespace)
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	ready := told(t, namespace, func(p v1.PreviewStatus) string { return string(p.Ready) + " " + p.Reason + " " + p.Message })
	g.Eventually(ready).Should(gomega.HavePrefix("Unknown Deploying "))
	api := workload(t, namespace)
	rolledOut(t, api, 1)
	kustomized(t, namespace)
	const fine = "True ReconciliationSucceeded "
	g.Eventually(ready).Should(gomega.Equal(fine))
	time.Sleep(2 * time.Second) // nothing is waited for any more

	before := readSet(t, namespace).ResourceVersion
	reconciled(t, namespace, `status: "Unknown", reason: Progressing, message: "Reconciliation in progress"`)
	g.Consistently(func() string { return readSet(t, namespace).ResourceVersion }, 2*time.Second).Should(gomega.Equal(before))
	reconciled(t, namespace, `status: "False", reason: BuildFailed, message: "no such file"`)
	g.Eventually(ready, 3*time.Second).Should(gomega.And(gomega.HavePrefix("False DeployFailed "), gomega.ContainSubstring("no such file")))
	kustomized(t, namespace)
	g.Eventually(ready, 3*time.Second).Should(gomega.Equal(fine))
}

// makeDeploying makes a set with readiness, of one preview that Flux deploys.
func makeDeploying(t *testing.T, namespace string) {
	t.Helper()
	makeSet(t, namespace, `
readiness: {}
inputs: [{id: "1", sha: c0ffee}]
resources:
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata: {name: "api-<< inputs.id >>", namespace: `+namespace+`}
  spec: {interval: 1h, prune: true, path: ./, sourceRef: {kind: GitRepository, name: fleet}}`)
}

// told returns what is told of the set's first preview, as it is at each call; "" where
// there is none yet.
func told(t *testing.T, namespace string, say func(v1.PreviewStatus) string) func() string {
	return func() string {
		if previews := readSet(t, namespace).Status.Previews; len(previews) > 0 {
			return say(previews[0])
		}
		return ""
	}
}

// rolledOut lets a Deployment of one pod be rolled out, of which some are ready.
func rolledOut(t *testing.T, api *appsv1.Deployment, ready int32) {
	t.Helper()
	changeStatus(t, api, func() {
		api.Status = appsv1.DeploymentStatus{
			ObservedGeneration: 1, Replicas: 1, UpdatedReplicas: 1, ReadyReplicas: ready, AvailableReplicas: ready,
			Conditions: []appsv1.DeploymentCondition{
				{Type: appsv1.DeploymentAvailable, Status: map[bool]corev1.ConditionStatus{true: "True", false: "False"}[ready > 0]},
				{Type: appsv1.DeploymentProgressing, Status: "True", Reason: "NewReplicaSetAvailable"},
			},
		}
	})
}

// workload makes the Deployment api, as Flux does.
func workload(t *testing.T, namespace string) *appsv1.Deployment {
	t.Helper()
	labels := map[string]string{"app": "api"}
	api := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "api", Namespace: namespace, Labels: map[string]string{
		"kustomize.toolkit.fluxcd.io/name": "api-1", "kustomize.toolkit.fluxcd.io/namespace": namespace,
	}}}
	api.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	api.Spec.Template.Labels = labels
	api.Spec.Template.Spec.Containers = []corev1.Container{{Name: "app", Image: "i:1"}}
	if err := server.Client.Create(context.Background(), api); err != nil {
		t.Fatal(err)
	}
	return api
}

// kustomized lets the Kustomization have deployed it.
func kustomized(t *testing.T, namespace string) {
	t.Helper()
	reconciled(t, namespace, `status: "True", reason: ReconciliationSucceeded, message: done`)
}

// reconciled lets the Kustomization say of itself how it is.
func reconciled(t *testing.T, namespace, ready string) {
	t.Helper()
	found := &unstructured.Unstructured{}
	found.SetAPIVersion("kustomize.toolkit.fluxcd.io/v1")
	found.SetKind("Kustomization")
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "api-1"}, found); err != nil {
		t.Fatal(err)
	}
	changeStatus(t, found, func() {
		status := map[string]any{}
		err := yaml.Unmarshal([]byte(`{observedGeneration: 1,
  conditions: [{type: Ready, `+ready+`, lastTransitionTime: "2026-03-01T10:00:00Z"}],
  inventory: {entries: [{id: `+namespace+`_api_apps_Deployment, v: v1}]}}`), &status)
		if err != nil {
			t.Fatal(err)
		}
		found.Object["status"] = status
	})
}
