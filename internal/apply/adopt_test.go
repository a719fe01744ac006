package apply_test

import (
	"context"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/apply"
)

func TestWhatAPersonMadeIsAdoptedOnceAndLetGoInTheEnd(t *testing.T) {
	for name, restart := range map[string]func(*bench){"at once": func(*bench) {}, "after a restart": (*bench).restart} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.theirs("one", map[string]string{"by": "hand"}, nil)
			uid := b.get("one").UID
			b.want("ConfigMap/one adopted", b.configMap("1", "one", "mine"))
			if is := b.get("one"); is.Data["key"] != "mine" || is.Data["other"] != "x" || is.UID != uid {
				t.Errorf("it is %v", is)
			}
			b.want("", b.configMap("1", "one", "mine"))
			b.want("ConfigMap/one configured", b.configMap("1", "one", "changed"))
			restart(b)

			mine := b.configMap("1", "one", "changed")
			pruned := b.prune(mine)
			if len(pruned.Changes) != 1 || !strings.HasSuffix(pruned.Changes[0].String(), "one let go") || left(pruned) != "" {
				t.Fatalf("changes %v, left %v", pruned.Changes, pruned.Why)
			}
			is := b.get("one")
			if is.UID != uid || len(is.Labels) != 1 || len(is.Annotations) != 0 || is.Data["key"] != "changed" {
				t.Errorf("it is %v, %v, %v", is.Labels, is.Annotations, is.Data)
			}
			b.want("ConfigMap/one adopted", mine)
		})
	}
}

// strip takes away the labels and annotations of an object, as a manifest without them does.
func (b *bench) strip(name string) {
	b.t.Helper()
	is := b.get(name)
	is.Labels, is.Annotations = nil, nil
	if err := server.Client.Update(context.Background(), is); err != nil {
		b.t.Fatal(err)
	}
}

func TestAnObjectThatLosesItsLabelsStaysWhoseItWas(t *testing.T) {
	b := newBench(t)
	mine, theirs := b.configMap("1", "mine", "a"), b.configMap("1", "theirs", "a")
	b.theirs("theirs", nil, nil)
	b.want("ConfigMap/mine created, ConfigMap/theirs adopted", mine, theirs)
	b.strip("mine")
	b.strip("theirs")
	b.want("ConfigMap/mine configured, ConfigMap/theirs adopted", mine, theirs)
	if pruned := b.prune(mine, theirs); left(pruned) != "" || b.exists(mine) || !b.exists(theirs) {
		t.Errorf("left %q, mine exists: %v, theirs exists: %v", left(pruned), b.exists(mine), b.exists(theirs))
	}
}

func TestAnAdoptedObjectIsDeletedWhenItsAnnotationSaysSo(t *testing.T) {
	b := newBench(t)
	b.theirs("one", nil, nil)
	mine := b.object("1", "{apiVersion: v1, kind: ConfigMap, metadata: {name: one, annotations: {fluxcd.controlplane.io/prune: enabled}}}")
	b.want("ConfigMap/one adopted", mine)
	if pruned := b.prune(mine); left(pruned) != "" || b.exists(mine) {
		t.Errorf("left %q, it exists %v", left(pruned), b.exists(mine))
	}
}

func TestWhatIsMadeAnewAfterAnAdoptedOneIsTheOwners(t *testing.T) {
	b := newBench(t)
	b.theirs("one", nil, nil)
	mine := b.configMap("1", "one", "mine")
	b.want("ConfigMap/one adopted", mine)
	if err := server.Client.Delete(context.Background(), b.get("one")); err != nil {
		t.Fatal(err)
	}
	b.want("ConfigMap/one created", mine)
	if pruned := b.prune(mine); left(pruned) != "" || b.exists(mine) {
		t.Errorf("left %q, it exists %v", left(pruned), b.exists(mine))
	}
}

// The mark is there before the object is written: whoever dies between the two
// has not forgotten it.
func TestAnAdoptionThatWasCutShortIsFinished(t *testing.T) {
	b := newBench(t)
	b.theirs("one", nil, map[string]string{"fluxcd.controlplane.io/adopted": "true"})
	mine := b.configMap("1", "one", "mine")
	b.want("ConfigMap/one adopted", mine)
	if b.prune(mine); !b.exists(mine) {
		t.Error("it was deleted")
	}
}

func TestAnAdoptedObjectIsNotDeletedToChangeWhatCannotBeChanged(t *testing.T) {
	b := newBench(t)
	b.owner.Force = true
	immutable := b.object("1", "{apiVersion: v1, kind: ConfigMap, metadata: {name: one}, data: {key: theirs}, immutable: true}")
	immutable.SetLabels(nil)
	b.create(immutable.Unstructured)
	uid := b.get("one").UID
	_, failed := b.run(b.configMap("1", "one", "mine"))
	if err := failed["1"]; err == nil || !strings.Contains(err.Error(), "it was there before this set") {
		t.Errorf("failed is %v", failed)
	}
	if b.get("one").UID != uid {
		t.Error("it was deleted and made anew")
	}
}

func TestAnAdoptedJobIsNotMadeAnewWhenItFailed(t *testing.T) {
	b := newBench(t)
	job := b.object("1", `
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {fluxcd.controlplane.io/recreateOnFailure: enabled}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: busybox}]}}}
`)
	theirs := job.DeepCopy()
	theirs.SetLabels(nil)
	b.create(theirs)
	b.want("Job/migrate adopted", job)
	b.ends(job, "Failed")
	b.run(job)
	now := job.DeepCopy()
	if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(now), now); err != nil || now.GetUID() != theirs.GetUID() {
		t.Errorf("it was deleted and made anew: %v", err)
	}
}

// ends does what Kubernetes does when a Job has come to its end: Complete or
// Failed.
func (b *bench) ends(job apply.Object, how string) {
	b.t.Helper()
	now := metav1.Now()
	found := &batchv1.Job{}
	if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(job.Unstructured), found); err != nil {
		b.t.Fatal(err)
	}
	before := batchv1.JobConditionType(map[string]string{"Complete": "SuccessCriteriaMet", "Failed": "FailureTarget"}[how])
	found.Status.StartTime = &now
	for _, condition := range []batchv1.JobConditionType{before, batchv1.JobConditionType(how)} {
		found.Status.Conditions = append(found.Status.Conditions, batchv1.JobCondition{Type: condition, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	if how == "Complete" {
		found.Status.CompletionTime, found.Status.Succeeded = &now, 1
	}
	if err := server.Client.Status().Update(context.Background(), found); err != nil {
		b.t.Fatal(err)
	}
}
