package v1

import (
	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ResourceSetInputProviderStatus is what a provider last found.
type ResourceSetInputProviderStatus struct {
	meta.ReconcileRequestStatus `json:",inline"`
	meta.ForceRequestStatus     `json:",inline"`

	// Conditions of the provider: Ready, Reconciling, Stalled, FeedbackReady.
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// ExportedInputs are the input sets for ResourceSets, one for each thing found.
	// +optional
	ExportedInputs []ResourceSetInput `json:"exportedInputs,omitempty"`

	// Held lists what is open and wanted and is not exported, or is exported as it
	// was before: why, and what it waits for. What is exported comes first. There
	// are 200 lines at most, and as many as fit into the object: see heldCounts.
	// What a filter refuses has none.
	// +listType=atomic
	// +optional
	Held []HeldRequest `json:"held,omitempty"`

	// HeldCounts counts by reason all that is held, what is not listed included.
	// +optional
	HeldCounts map[string]int64 `json:"heldCounts,omitempty"`

	// Approvals are those of spec.forks that count, and those that were taken back, of
	// requests that are open; those for an author stay until they are taken back.
	// +listType=atomic
	// +optional
	Approvals []Approval `json:"approvals,omitempty"`

	// LastExportedRevision is the digest of ExportedInputs, sha256:HEX.
	// +optional
	LastExportedRevision string `json:"lastExportedRevision,omitempty"`

	// NextSchedule is the next scheduled run.
	// +optional
	NextSchedule *NextSchedule `json:"nextSchedule,omitempty"`

	// Feedback is what was told of each request. Of providers that watch the same
	// repository, the first by name has it.
	// +listType=atomic
	// +optional
	Feedback []FeedbackStatus `json:"feedback,omitempty"`
}

// HeldRequest is a pull request, or another thing that is watched, that is open
// and wanted and has to wait.
type HeldRequest struct {
	// ID of the request: its number, or the name of what has none.
	ID string `json:"id"`

	// Title of the request, its first 80 letters.
	// +optional
	Title string `json:"title,omitempty"`

	// SHA is the commit that it wants; empty when it is not known.
	// +optional
	SHA string `json:"sha,omitempty"`

	// ExportedSHA is the commit that it is exported at; empty when it is not
	// exported.
	// +optional
	ExportedSHA string `json:"exportedSHA,omitempty"`

	// Fork says that the commit is in another repository.
	// +optional
	Fork bool `json:"fork,omitempty"`

	// NoComment says that the request has the label eddy/no-comment.
	// +optional
	NoComment bool `json:"noComment,omitempty"`

	// Reason in one word: LabelMissing, Paused, Queued, NoCommit, NotComputed,
	// WaitingForApproval, WaitingForImage, WaitingForCheck, CheckFailed,
	// EvidenceUnavailable, NotStorable or NoRoom.
	Reason string `json:"reason"`

	// Message says to a person what it waits for.
	Message string `json:"message"`

	// Since is since when it is held for this reason.
	Since metav1.Time `json:"since"`

	// NextCheckTime is when that may change without anybody doing anything;
	// absent where it is looked at again at the provider's interval alone.
	// +optional
	NextCheckTime *metav1.Time `json:"nextCheckTime,omitempty"`
}

// NextSchedule is a schedule and when it is due.
type NextSchedule struct {
	Schedule `json:",inline"`

	// When the next run is due.
	// +required
	When metav1.Time `json:"when"`
}
