package flux_test

import (
	"testing"

	"github.com/eddy-previews/eddy/internal/flux"
)

func TestADeployerIsReadyForWhatIsAskedForNow(t *testing.T) {
	for _, test := range []struct {
		name, status string
		ready        string
		deployed     bool
	}{
		{"it is", `{observedGeneration: 2, conditions: [{type: Ready, status: "True", reason: ReconciliationSucceeded, message: done}]}`, "True: done", true},
		{"it failed", `{observedGeneration: 2, conditions: [{type: Ready, status: "False", message: no such path}]}`, "False: no such path", false},
		{"it has not seen the last change", `{observedGeneration: 1, conditions: [{type: Ready, status: "True"}]}`,
			"Unknown: Kustomization generation is 2, but latest observed generation is 1", false},
		{"it has not begun", `{}`, "Unknown: not reconciled yet", false},
		{"it speaks in riddles", `{conditions: none}`, "Unknown: not reconciled yet", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := parse(t, kustomization+"status: "+test.status)
			ready := flux.Ready(o)
			if got := string(ready.Status) + ": " + ready.Message; got != test.ready {
				t.Errorf("it is %s, want %s", got, test.ready)
			}
			if got := flux.HasDeployed(o); got != test.deployed {
				t.Errorf("it has deployed: %v, want %v", got, test.deployed)
			}
		})
	}
}

func TestOnlyAnObjectOfFluxIsSuspendedByItsSpec(t *testing.T) {
	if !flux.IsSuspended(parse(t, kustomization+"spec: {suspend: true}")) {
		t.Error("a Kustomization that rests is not seen to")
	}
	job := "{apiVersion: batch/v1, kind: CronJob, metadata: {namespace: app-dev, name: api}, spec: {suspend: true}}"
	if flux.IsSuspended(parse(t, job)) || flux.IsSuspended(parse(t, kustomization)) {
		t.Error("what does not rest is taken for suspended")
	}
}
