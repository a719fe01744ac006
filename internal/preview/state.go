package preview

import (
	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// State is what a preview is in, in the word that people read.
type State string

// The states. Removed is also what is on its way there. Those that wait have no
// preview yet. Suspended is one that nobody brings to an end: its ResourceSet is
// suspended, and what was deployed before that is not known to be ready.
const (
	WaitingForLabel    State = "Waiting for label"
	WaitingForForge    State = "Waiting for forge"
	WaitingForApproval State = "Waiting for approval"
	WaitingForImage    State = "Waiting for image"
	WaitingForCheck    State = "Waiting for check"
	WaitingForEvidence State = "Waiting for evidence"
	Paused             State = "Paused"
	Queued             State = "Queued"

	Deploying State = "Deploying"
	Suspended State = "Suspended"
	Ready     State = "Ready"
	Failed    State = "Failed"
	Removed   State = "Removed"
)

// Reasons of a preview that is being removed, and of one that was.
const (
	reasonTerminating = "Terminating"
	reasonGone        = "Gone"
)

// StateOf makes the state of what is said of a preview: whether it is ready, and
// the reason of that in one word.
func StateOf(ready metav1.ConditionStatus, reason string) State {
	switch {
	case reason == reasonTerminating, reason == reasonGone:
		return Removed
	case ready == metav1.ConditionTrue:
		return Ready
	case ready == metav1.ConditionFalse:
		return Failed
	case reason == v1.ReasonReconciliationDisabled:
		return Suspended
	default:
		return Deploying
	}
}

// IsApplied reports whether all objects of a preview were made: only then can one
// that is not there have been deleted by somebody.
func IsApplied(set *v1.ResourceSet, line *v1.PreviewStatus) bool {
	if line == nil || !set.DeletionTimestamp.IsZero() {
		return false
	}
	switch line.Reason {
	case meta.ReconciliationSucceededReason:
		return line.Ready == metav1.ConditionTrue
	case v1.ReasonDeploying, v1.ReasonDeployFailed, v1.ReasonRolloutFailed, v1.ReasonNotAnswering:
		return true
	case meta.HealthCheckFailedReason, meta.ProgressingReason:
		return len(set.Spec.Steps) == 0 && line.Revision != ""
	default:
		return false
	}
}
