package apply_test

import (
	"context"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/object"
)

// job is a Job that goes once it has ended, unless another spec is given.
func (b *bench) job(more ...string) apply.Object {
	b.t.Helper()
	spec, annotations := "ttlSecondsAfterFinished: 5,", ""
	for _, one := range more {
		if strings.HasPrefix(one, "annotations:") {
			annotations = ", " + one
		} else {
			spec = one
		}
	}
	return b.object("1", `
apiVersion: batch/v1
kind: Job
metadata: {name: comment-a`+annotations+`}
spec: {`+spec+` template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox}]}}}
`)
}

// goes does what Kubernetes does with a Job whose time to live is over.
func (b *bench) goes(object apply.Object) {
	b.t.Helper()
	err := server.Client.Delete(context.Background(), object.DeepCopy(), client.PropagationPolicy("Background"))
	if err != nil {
		b.t.Fatal(err)
	}
}

// restarts forgets all but what the status holds.
func (b *bench) restarts(objects ...apply.Object) {
	b.t.Helper()
	stored := b.Memory.Endings(apply.InventoryOf(objects)).Stored()
	b.restart()
	read, err := apply.ReadInventory(stored)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Memory.Recall(read)
}

func TestAJobThatWasSeenToEndIsNotMadeAnewWhenItGoes(t *testing.T) {
	for _, how := range []string{"Complete", "Failed"} {
		t.Run(how, func(t *testing.T) {
			b := newBench(t)
			job := b.job()
			b.want("Job/comment-a created", job)
			b.want("", job)
			b.ends(job, how)
			b.want("", job)
			b.goes(job)
			b.want("", job)
			b.restarts(job)
			b.want("", job)

			changed := b.job("annotations: {again: please}")
			b.want("Job/comment-a created", changed)
			b.want("", changed)
			b.goes(changed) // it had not ended
			b.want("Job/comment-a created", changed)
		})
	}
}

func TestAJobIsMadeAnew(t *testing.T) {
	cases := []struct{ name, spec, end string }{
		{"that goes before it was seen to end", "ttlSecondsAfterFinished: 5,", ""},
		{"that failed, and is to be tried again", "annotations: {fluxcd.controlplane.io/recreateOnFailure: enabled}", "Failed"},
		{"that somebody deleted, for it would not have gone by itself", "backoffLimit: 0,", "Complete"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			job := b.job(c.spec)
			b.run(job)
			if c.end != "" {
				b.ends(job, c.end)
			}
			if c.end != "Failed" { // a look would make way for a new one
				b.want("", job)
			}
			b.goes(job)
			b.want("Job/comment-a created", job)
		})
	}
}

func TestWhatTheWatchSawOfAnObjectThatIsGoneCounts(t *testing.T) {
	b := newBench(t)
	job := b.job()
	b.run(job)
	is := job.DeepCopy()
	if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(is), is); err != nil {
		t.Fatal(err)
	}
	b.goes(job)
	seen := apply.Sighting{UID: "another", Ending: apply.Succeeded}
	b.Witness = func(object.Ref) (apply.Sighting, bool) { return seen, true }
	b.want("Job/comment-a created", job)
	if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(is), is); err != nil {
		t.Fatal(err)
	}
	seen.UID = is.GetUID()
	b.goes(job)
	b.want("", job)
}

func TestTheHealthOfWhatHasEndedAndGoneIsHowItEnded(t *testing.T) {
	for how, want := range map[string]string{"Complete": "", "Failed": "it failed, and has gone since"} {
		t.Run(how, func(t *testing.T) {
			b := newBench(t)
			job := b.job()
			b.run(job)
			b.ends(job, how)
			b.run(job)
			b.goes(job)
			b.run(job)
			job.Digest = apply.DigestOf(job.Unstructured)
			unready, err := b.Resume(b.owner, apply.Live{}).Health(context.Background(), []apply.Object{job})
			if err != nil || (len(unready) > 0) != (want != "") || !strings.Contains(unready["1"].Why, want) {
				t.Errorf("unready is %v, %v", unready, err)
			}
		})
	}
}

func TestEachKindThatRunsOnceHasItsEnd(t *testing.T) {
	cases := []struct {
		name, object string
		want         apply.Ending
	}{
		{"a Job that runs", "{apiVersion: batch/v1, kind: Job, status: {active: 1}}", ""},
		{"a Job that is complete", "{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: Complete, status: 'True'}]}}", apply.Succeeded},
		{"a Job that is about to be complete", "{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: SuccessCriteriaMet, status: 'True'}]}}", ""},
		{"a Job that is suspended", "{apiVersion: batch/v1, kind: Job, status: {conditions: [{type: Suspended, status: 'True'}]}}", ""},
		{"a Pod that did its work", "{apiVersion: v1, kind: Pod, status: {phase: Succeeded}}", apply.Succeeded},
		{"a Pod that was evicted", "{apiVersion: v1, kind: Pod, status: {phase: Failed, reason: Evicted}}", ""},
		{"a Workflow", "{apiVersion: argoproj.io/v1alpha1, kind: Workflow, status: {phase: Error}}", apply.Failed},
		{"a PipelineRun that runs", "{apiVersion: tekton.dev/v1, kind: PipelineRun, status: {conditions: [{type: Succeeded, status: Unknown}]}}", ""},
		{"a TaskRun that failed", "{apiVersion: tekton.dev/v1, kind: TaskRun, status: {conditions: [{type: Succeeded, status: 'False'}]}}", apply.Failed},
		{"a request that was signed", "{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, status: {certificate: eA==}}", apply.Succeeded},
		{"a request that was denied", "{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, status: {conditions: [{type: Denied, status: 'True'}]}}", apply.Failed},
		{"what does not run once", "{apiVersion: v1, kind: ConfigMap, status: {phase: Succeeded}}", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			object := &unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(c.object), &object.Object); err != nil {
				t.Fatal(err)
			}
			if got := apply.EndingOf(object); got != c.want {
				t.Errorf("it ended %q, want %q", got, c.want)
			}
		})
	}
}
