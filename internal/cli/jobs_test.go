package cli_test

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// finishJob says of a Job what its controller would in the end; there is none.
func finishJob(ts *testscript.TestScript, _ bool, args []string) {
	ctx, job, now := context.Background(), &batchv1.Job{}, metav1.Now()
	ts.Check(server.Client.Get(ctx, client.ObjectKey{Namespace: ts.Getenv("NAMESPACE"), Name: args[0]}, job))
	job.Status.StartTime = &now
	kinds := []batchv1.JobConditionType{batchv1.JobFailureTarget, batchv1.JobFailed}
	if args[1] == string(batchv1.JobComplete) {
		kinds = []batchv1.JobConditionType{batchv1.JobSuccessCriteriaMet, batchv1.JobComplete}
		job.Status.CompletionTime, job.Status.Succeeded = &now, 1
	}
	for _, kind := range kinds {
		job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now})
	}
	ts.Check(server.Client.Status().Update(ctx, job))
}

// noted waits until the inventory of a ResourceSet has a text in it.
func noted(ts *testscript.TestScript, _ bool, args []string) {
	set := &v1.ResourceSet{}
	for range patience {
		ts.Check(server.Client.Get(context.Background(), client.ObjectKey{Namespace: ts.Getenv("NAMESPACE"), Name: args[0]}, set))
		text, err := json.Marshal(set.Status.Inventory)
		ts.Check(err)
		if strings.Contains(string(text), args[1]) {
			return
		}
		time.Sleep(pause)
	}
	ts.Fatalf("the inventory of %s has no %q", args[0], args[1])
}
