package templater

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

const retriedJob = `resources: [{apiVersion: batch/v1, kind: Job, metadata: {name: seed, namespace: NS, annotations: {fluxcd.controlplane.io/recreateOnFailure: enabled}}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: seed, image: seed}]}}}}]`

func TestAFailedJobIsMadeAnew(t *testing.T) {
	b := newBench(t)
	b.set(retriedJob)
	b.run()
	was := b.object("batch/v1", "Job", "seed")
	b.run()
	if now := b.object("batch/v1", "Job", "seed"); now.GetUID() != was.GetUID() {
		t.Error("a Job that has not failed was made anew")
	}
	b.fail(was)
	b.wantAnew(was)
}

func TestAJobThatFailsTimeAndAgainIsMadeAnewWithAPauseThatGrows(t *testing.T) {
	b := newBench(t)
	b.Backoff = Backoff{Min: time.Minute, Max: time.Hour}
	b.set(retriedJob)
	b.run()
	b.wantAnew(b.fail(b.job())) // the first time at once
	for _, pause := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
		failed := b.fail(b.job())
		if after := b.next(); after > pause || after < pause-10*time.Second {
			t.Errorf("the next run is after %s, want %s", after, pause)
		}
		b.later(pause - 10*time.Second)
		b.run()
		if now := b.job(); now.GetUID() != failed.GetUID() {
			t.Fatalf("a Job that failed again was made anew before a pause of %s was over", pause)
		}
		b.later(11 * time.Second)
		b.wantAnew(failed)
	}

	failed := b.fail(b.job())
	b.run()
	b.edit(func(set *v1.ResourceSet) {
		set.Spec.Resources[0].Raw = bytes.Replace(set.Spec.Resources[0].Raw, []byte(`"image":"seed"`), []byte(`"image":"mended"`), 1)
	})
	b.wantAnew(failed) // as it is another one
	b.wantAnew(b.fail(b.job()))
	failed = b.fail(b.job())
	b.run()
	b.edit(func(set *v1.ResourceSet) { set.Annotations = map[string]string{meta.ReconcileRequestAnnotation: "now"} })
	b.wantAnew(failed) // as somebody wants to see it tried
}

func TestAJobThatFailedAndWentIsMadeAnewAfterTheSamePause(t *testing.T) {
	b := newBench(t)
	b.Backoff = Backoff{Min: time.Minute, Max: time.Hour}
	b.set("wait: true\n" + strings.ReplaceAll(retriedJob, "spec: {template", "spec: {ttlSecondsAfterFinished: 1, template"))
	b.run()
	b.wantAnew(b.fail(b.job()))
	b.fail(b.job())
	b.run()
	b.goes(b.job())
	b.wantReady(b.run(), metav1.ConditionFalse, "ReconciliationFailed", "it failed, and has gone since; it is made anew after a pause")
	b.later(61 * time.Second)
	b.run()
	b.fail(b.job()) // the third time
	b.goes(b.job())
	b.later(61 * time.Second)
	b.restart() // which forgets the pause, not how it ended
	b.run()
	b.job()
}

func TestAJobThatFailedAndIsOnItsWayOutMayTakeItsPause(t *testing.T) {
	b := newBench(t)
	b.Backoff = Backoff{Min: time.Minute, Max: time.Hour}
	b.set(strings.ReplaceAll(retriedJob, "spec: {template", "spec: {ttlSecondsAfterFinished: 1, template"))
	b.run()
	b.wantAnew(b.fail(b.job()))
	failed := b.fail(b.job())
	b.run()
	if err := server.Client.Delete(context.Background(), failed, client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
		t.Fatal(err)
	}
	counted := b.count()
	b.run()
	if n := counted["PATCH jobs"] + counted["DELETE jobs"]; n > 0 {
		t.Errorf("%d requests are about a Job that goes by itself", n)
	}
	b.later(61 * time.Second)
	b.wantAnew(failed)
}

func TestAJobThatSucceededOnceBeginsAnewWithItsPauses(t *testing.T) {
	b := newBench(t)
	b.Backoff = Backoff{Min: time.Minute, Max: time.Hour}
	b.set(retriedJob)
	b.run()
	b.wantAnew(b.fail(b.job()))
	b.succeed(b.job())
	b.run()
	b.goes(b.job()) // by somebody, who wants it to run again
	b.run()
	b.wantAnew(b.fail(b.job()))
}

func (b *bench) goes(job *unstructured.Unstructured) {
	b.t.Helper()
	if err := server.Client.Delete(context.Background(), job, client.PropagationPolicy(metav1.DeletePropagationBackground)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) job() *unstructured.Unstructured {
	b.t.Helper()
	return b.object("batch/v1", "Job", "seed")
}

func (b *bench) edit(change func(*v1.ResourceSet)) {
	b.t.Helper()
	set := b.read()
	change(set)
	if err := server.Client.Update(context.Background(), set); err != nil {
		b.t.Fatal(err)
	}
}

// next reconciles the set once, and returns the time to the next run.
func (b *bench) next() time.Duration {
	b.t.Helper()
	result, err := b.Reconcile(context.Background(), ctrl.Request{NamespacedName: b.key("previews")})
	if err != nil {
		b.t.Fatal(err)
	}
	return result.RequeueAfter
}

// wantAnew checks that a run makes a Job anew that failed.
func (b *bench) wantAnew(failed *unstructured.Unstructured) {
	b.t.Helper()
	done := make(chan struct{})
	go func() { // nothing collects garbage here
		defer close(done)
		b.finalizeWhenDeleted(failed)
	}()
	b.run()
	<-done
	if now := b.job(); now.GetUID() == failed.GetUID() {
		b.t.Fatal("the failed Job is still there")
	}
}

// fail does what the Job controller does when a Job has given up.
func (b *bench) fail(job *unstructured.Unstructured) *unstructured.Unstructured {
	b.t.Helper()
	return b.ends(job, map[string]any{}, "FailureTarget", "Failed")
}

// succeed does what it does when a Job is done.
func (b *bench) succeed(job *unstructured.Unstructured) {
	b.t.Helper()
	now := metav1.Now().UTC().Format(time.RFC3339)
	b.ends(job, map[string]any{"completionTime": now, "succeeded": int64(1)}, "SuccessCriteriaMet", "Complete")
}

func (b *bench) ends(job *unstructured.Unstructured, status map[string]any, conditions ...string) *unstructured.Unstructured {
	b.t.Helper()
	found := b.object("batch/v1", "Job", job.GetName())
	now := metav1.Now().UTC().Format(time.RFC3339)
	var all []any
	for _, kind := range conditions {
		all = append(all, map[string]any{"type": kind, "status": "True", "lastTransitionTime": now})
	}
	status["startTime"], status["conditions"] = now, all
	found.Object["status"] = status
	if err := server.Client.Status().Update(context.Background(), found); err != nil {
		b.t.Fatal(err)
	}
	return found
}

// finalizeWhenDeleted does what the garbage collector does after a foreground
// deletion.
func (b *bench) finalizeWhenDeleted(job *unstructured.Unstructured) {
	for range 100 {
		found := b.object("batch/v1", "Job", job.GetName())
		if found.GetDeletionTimestamp() == nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		found.SetFinalizers(nil)
		if err := server.Client.Update(context.Background(), found); err != nil {
			b.t.Error(err)
		}
		return
	}
	b.t.Error("the Job was not deleted")
}
