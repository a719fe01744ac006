package operator_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// A restart takes nothing back, and says nothing anew: neither of what is ready nor of
// what is not.
func TestARestartWithPreviewsThatAreReadyAndThatFailChangesNoStatus(t *testing.T) {
	const all, failing = 55, 5
	namespace := server.Namespace(t)
	stop := startOn(t, server.Config, "--watch-namespaces="+namespace)
	var inputs []string
	for id := range all {
		inputs = append(inputs, fmt.Sprintf(`{id: "%d", sha: c0ffee}`, id))
	}
	makeSet(t, namespace, fmt.Sprintf(`
readiness: {within: 1h}
inputs: [%s]
resources:
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata: {name: "api-<< inputs.id >>", namespace: %s}
  spec: {interval: 1h, prune: true, path: ./, sourceRef: {kind: GitRepository, name: fleet}}`, strings.Join(inputs, ", "), namespace))
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(time.Minute)
	counts := func() string {
		if counts := readSet(t, namespace).Status.PreviewCounts; counts != nil {
			return fmt.Sprintf("%d ready, %d failed, %d unknown", counts.Ready, counts.Failed, counts.Unknown)
		}
		return ""
	}
	g.Eventually(counts).Should(gomega.Equal("0 ready, 0 failed, 55 unknown"))
	playing, ctx := errgroup.WithContext(context.Background())
	playing.SetLimit(4)
	for id := range all {
		replicas := 1
		if id < failing {
			replicas = 0
		}
		playing.Go(func() error { return played(ctx, namespace, id, replicas) })
	}
	if err := playing.Wait(); err != nil {
		t.Fatal(err)
	}
	g.Eventually(counts).Should(gomega.Equal("50 ready, 5 failed, 0 unknown"))
	settled := func() string { return readSet(t, namespace).ResourceVersion }
	g.Eventually(func() bool {
		was := settled()
		time.Sleep(2 * time.Second)
		return was == settled()
	}).Should(gomega.BeTrue())

	before := readSet(t, namespace)
	stop()
	startOn(t, server.Config, "--watch-namespaces="+namespace)
	g.Consistently(settled, 8*time.Second).Should(gomega.Equal(before.ResourceVersion))
}

// played lets Flux and Kubernetes have deployed a preview. Without replicas that are ready
// its image is not there.
func played(ctx context.Context, namespace string, id, ready int) error {
	name, runs := fmt.Sprintf("api-%d", id), map[int]string{0: "False", 1: "True"}[ready]
	deployment, err := stored(ctx, namespace, fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: %[1]s, labels: {kustomize.toolkit.fluxcd.io/name: %[1]s}},
  spec: {replicas: 1, selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {containers: [{name: app, image: "i:1"}]}}},
  status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: %[2]d, availableReplicas: %[2]d, conditions: [{type: Available, status: "%[3]s"}, {type: Progressing, status: "True", reason: NewReplicaSetAvailable}]}}`, name, ready, runs))
	if err != nil {
		return err
	}
	if ready == 0 {
		_, err = stored(ctx, namespace, fmt.Sprintf(`{apiVersion: v1, kind: Pod, metadata: {name: %[1]s-x, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: %[1]s, uid: %[2]s}]},
  spec: {containers: [{name: app, image: "i:1"}]}, status: {phase: Pending, containerStatuses: [{name: app, image: "i:1", imageID: "", ready: false, restartCount: 0,
  state: {waiting: {reason: ImagePullBackOff, message: "not found"}}}]}}`, name, deployment.GetUID()))
	}
	_, kustomized := stored(ctx, namespace, fmt.Sprintf(`{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: %[1]s}, status: {observedGeneration: 1,
  conditions: [{type: Ready, status: "True", reason: ReconciliationSucceeded, message: done, lastTransitionTime: "2026-03-01T10:00:00Z"}],
  inventory: {entries: [{id: %[2]s_%[1]s_apps_Deployment, v: v1}]}}}`, name, namespace))
	return errors.Join(err, kustomized)
}

// stored stores an object, unless it is there, and its status.
func stored(ctx context.Context, namespace, document string) (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
		return nil, err
	}
	object.SetNamespace(namespace)
	status := object.Object["status"]
	if object.GetKind() != "Kustomization" {
		if err := server.Client.Create(ctx, object); err != nil {
			return nil, err
		}
	}
	if err := server.Client.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
		return nil, err
	}
	object.Object["status"] = status
	return object, server.Client.Status().Update(ctx, object)
}
