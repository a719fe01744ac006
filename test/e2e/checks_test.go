package e2e_test

import (
	"strings"
	"testing"
	"time"

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

// checkedBy wants CI to say something, and stamps out a ConfigMap.
func checkedBy(t *testing.T, name string) {
	t.Helper()
	beside(t, "checked", func(spec *v1.ResourceSetInputProviderSpec) {
		spec.Gate = &v1.Gate{Checks: []v1.GateCheck{{Name: name}}}
	}, `
    - apiVersion: v1
      kind: ConfigMap
      metadata: {name: "checked-<< inputs.id >>", namespace: app-dev}
      data: {commit: << inputs.sha | quote >>, state: << (index inputs.checks 0).state | quote >>}
`)
}

// checkHeld claims that a request is held for a reason, in these words.
func checkHeld(pr actors.PullRequest, reason, words string) actors.Claim {
	return heldBy("checked", pr, reason+", "+words, func(line v1.HeldRequest) bool {
		return line.Reason == reason && strings.Contains(line.Message, words)
	})
}

// checkedAt claims that the preview of a request is at a commit; that there is none
// where that is empty.
func checkedAt(pr actors.PullRequest, sha string) actors.Claim {
	if sha == "" {
		return noteIs("checked", pr, nil)
	}
	return noteIs("checked", pr, map[string]string{"commit": sha, "state": "success"})
}
