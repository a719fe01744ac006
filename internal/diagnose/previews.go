package diagnose

import (
	"strings"
	"time"

	"github.com/fluxcd/pkg/apis/meta"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// suspendedBy names who suspended an object.
const suspendedBy = v1.SuspendedByAnnotation

func templateFailed(n *Node, _ time.Time) *symptom {
	if n.Preview == nil || n.Preview.Ready != "False" || n.Preview.Reason != meta.BuildFailedReason {
		return nil
	}
	return &symptom{
		words:  "its objects cannot be rendered: " + inOneLine(n.Preview.Message),
		advice: "correct the template of the ResourceSet, or the input; what was deployed stays as it is",
		since:  n.Preview.LastTransitionTime.Time,
	}
}

// tooManyObjects: the set notes what it owns before it makes it, and has no room.
func tooManyObjects(n *Node, _ time.Time) *symptom {
	if n.Preview == nil || n.Preview.Ready != "False" || !strings.Contains(n.Preview.Message, "in status.inventory") {
		return nil
	}
	words, _, _ := strings.Cut(n.Preview.Message, ": let it ask")
	return &symptom{
		words:  words,
		advice: "let it ask for fewer objects, such as one Kustomization or HelmRelease that deploys them, or split the ResourceSet",
		since:  n.Preview.LastTransitionTime.Time,
	}
}

// setNotReady: the whole set stands still, whatever becomes of one preview.
func setNotReady(n *Node, _ time.Time) *symptom {
	ready, failed := failedReady(n)
	if !n.is(v1.ResourceSetKind) || !failed || ready.Reason == v1.ReasonPreviewsFailed {
		return nil
	}
	return &symptom{
		words:  "no preview of the ResourceSet is brought up to date: " + inOneLine(ready.Message),
		advice: "correct the ResourceSet; what was deployed stays as it is",
		since:  ready.since(),
	}
}

func providerFailed(n *Node, _ time.Time) *symptom {
	ready, failed := failedReady(n)
	if !n.is(v1.ResourceSetInputProviderKind) || !failed {
		return nil
	}
	return &symptom{
		words:  "pull requests are not up to date: " + inOneLine(ready.Message),
		advice: "check the provider's URL and Secret; until then previews stay as they are",
		since:  ready.since(),
	}
}

// objectMissing: of what may never have been made, whoever should have made it
// says why it is not there.
func objectMissing(n *Node, _ time.Time) *symptom {
	if n.Object != nil || n.Unread != "" || n.NotApplied || n.Ended != "" {
		return nil
	}
	return &symptom{
		words:  "it was deployed, and is not in the cluster any more",
		advice: "somebody deleted it; it comes back with the next reconciliation, or with `eddy reconcile preview PREVIEW`",
	}
}

func jobFailed(n *Node, _ time.Time) *symptom {
	if n.Object == nil && n.Ended == "Failed" {
		return &symptom{words: "it failed, and has gone since", advice: "it runs again when something else is rendered for it, such as another commit; with recreateOnFailure after a pause"}
	}
	failed, has := conditionOf(n.Object, "Failed")
	if !n.is("Job") || !has || failed.Status != "True" {
		return nil
	}
	return &symptom{words: "the Job failed: " + inOneLine(failed.Message), advice: "see `eddy logs PREVIEW`", since: failed.since()}
}

func rolloutStuck(n *Node, _ time.Time) *symptom {
	progress, has := conditionOf(n.Object, "Progressing")
	if !n.is("Deployment") || !has || progress.Status != "False" {
		return nil
	}
	return &symptom{words: "the rollout does not get on: " + inOneLine(progress.Message), advice: "look at it, and at its pods: " + described(n.ID), since: progress.since()}
}

func healthCheckFailed(n *Node, _ time.Time) *symptom {
	ready, failed := failedReady(n)
	if !failed || ready.Reason != meta.HealthCheckFailedReason {
		return nil
	}
	return &symptom{words: inOneLine(ready.Message), advice: "see what it names, with `kubectl describe`", since: ready.since()}
}

// notReady is the last resort: the object's own words.
func notReady(n *Node, _ time.Time) *symptom {
	if n.Object == nil {
		return nil
	}
	state, message, since := stateOf(n)
	if state != Failing {
		return nil
	}
	return &symptom{words: inOneLine(message), since: since}
}
