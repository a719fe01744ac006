package operator_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/onsi/gomega"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/fluxcd/pkg/runtime/conditions"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// makeSet creates a ResourceSet named previews.
func makeSet(t *testing.T, namespace, spec string) {
	t.Helper()
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: namespace}}
	if err := yaml.UnmarshalStrict([]byte(spec), &set.Spec); err != nil {
		t.Fatal(err)
	}
	if err := server.Client.Create(context.Background(), set); err != nil {
		t.Fatal(err)
	}
}

func readSet(t *testing.T, namespace string) *v1.ResourceSet {
	t.Helper()
	set := &v1.ResourceSet{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "previews"}, set); err != nil {
		t.Fatal(err)
	}
	return set
}

func TestOnlyWhatASetHasInItsInventoryWakesIt(t *testing.T) {
	namespace := server.Namespace(t)
	counter := &requests{counts: map[string]int{}}
	cluster := rest.CopyConfig(server.Config)
	cluster.Wrap(func(next http.RoundTripper) http.RoundTripper { counter.next = next; return counter })
	startOn(t, cluster, "--watch-namespaces="+namespace)
	makeSet(t, namespace, `
inputs: [{id: "1"}]
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "api-<< inputs.id >>", namespace: `+namespace+`}, data: {key: mine}}]`)
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	g.Eventually(func() bool { return conditions.IsReady(readSet(t, namespace)) }).Should(gomega.BeTrue())

	forged := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "forged", Namespace: namespace, Labels: map[string]string{
		"resourceset.fluxcd.controlplane.io/name": "previews", "resourceset.fluxcd.controlplane.io/namespace": namespace,
	}}}
	if err := server.Client.Create(context.Background(), forged); err != nil {
		t.Fatal(err)
	}
	const edits = 80
	edit := func(object *corev1.ConfigMap) func() {
		return func() {
			for n := range edits {
				base := object.DeepCopy()
				object.Data = map[string]string{"key": fmt.Sprint(n)}
				if err := server.Client.Patch(context.Background(), object, client.MergeFrom(base)); err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
			if err := server.Client.Delete(context.Background(), forged); err != nil && !apierrors.IsNotFound(err) {
				t.Fatal(err)
			}
		}
	}
	counter.during(t, func() {}) // what the first run has still to say
	if total := counter.during(t, edit(forged)); total > 0 {
		t.Errorf("%d edits of an object with forged labels led to %d requests", edits, total)
	}
	mine := &corev1.ConfigMap{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "api-1"}, mine); err != nil {
		t.Fatal(err)
	}
	// A run takes five requests: a run for each edit would be far more, on a slow machine too.
	if total := counter.during(t, edit(mine)); total > 2*edits {
		t.Errorf("%d edits of an object of the set led to %d requests", edits, total)
	}
	if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(mine), mine); err != nil || mine.Data["key"] != "mine" {
		t.Errorf("in the end it is %v, %v", mine.Data, err)
	}
}

// A Job with no time to live at all is gone a moment after it is complete.
func TestAJobThatGoesAtOnceRunsOnce(t *testing.T) {
	namespace := server.Namespace(t)
	stop := startOn(t, server.Config, "--watch-namespaces="+namespace)
	spec := `
wait: true
inputs: [{id: "1"}]
resources:
- apiVersion: batch/v1
  kind: Job
  metadata: {name: "comment-<< inputs.id >>", namespace: ` + namespace + `, annotations: {sha: beef}}
  spec: {ttlSecondsAfterFinished: 0, template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}`
	makeSet(t, namespace, spec)
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	job := &batchv1.Job{}
	key := client.ObjectKey{Namespace: namespace, Name: "comment-1"}
	isThere := func() bool { return server.Client.Get(context.Background(), key, job) == nil }
	g.Eventually(isThere).Should(gomega.BeTrue())
	time.Sleep(2 * time.Second) // it runs, and the set waits for it

	now := metav1.Now()
	changeStatus(t, job, func() {
		job.Status.StartTime, job.Status.CompletionTime, job.Status.Succeeded = &now, &now, 1
		for _, kind := range []batchv1.JobConditionType{batchv1.JobSuccessCriteriaMet, batchv1.JobComplete} {
			job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now})
		}
	})
	if err := server.Client.Delete(context.Background(), job, client.PropagationPolicy(metav1.DeletePropagationBackground)); err != nil {
		t.Fatal(err)
	}
	g.Eventually(func() bool { return conditions.IsReady(readSet(t, namespace)) }).Should(gomega.BeTrue())
	g.Consistently(isThere, 3*time.Second).Should(gomega.BeFalse())
	stop()
	startOn(t, server.Config, "--watch-namespaces="+namespace)
	g.Consistently(isThere, 5*time.Second).Should(gomega.BeFalse())

	set := readSet(t, namespace)
	change(t, set, func() {
		set.Spec.Resources[0].Raw = []byte(`{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"comment-1","namespace":"` + namespace +
			`"},"spec":{"ttlSecondsAfterFinished":0,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"busybox"}]}}}}`)
	})
	g.Eventually(isThere).Should(gomega.BeTrue())
}
