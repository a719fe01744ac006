package v1

import (
	"cmp"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// FeedbackReadyCondition says whether requests are told what becomes of them.
const FeedbackReadyCondition = "FeedbackReady"

// NoCommentLabel on a request keeps comments away from it.
const NoCommentLabel = "eddy/no-comment"

// What may cause something to be written: the values of spec.feedback.when.
const (
	FeedbackProgress = "Progress"
	FeedbackReady    = "Ready"
	FeedbackFailed   = "Failed"
	FeedbackRemoved  = "Removed"
	// FeedbackNotifyFailure is for people: a comment of its own, of which they are
	// notified, where a preview has failed that was ready.
	FeedbackNotifyFailure = "NotifyFailure"
)

// What becomes of an environment that is over: the values of
// spec.feedback.environmentRetention.
const (
	RetentionKeep   = "Keep"
	RetentionDelete = "Delete"
)

// Feedback says what each request is told of its preview, by the account of a Secret.
type Feedback struct {
	// SecretRef names a Secret in the namespace of the provider with the credentials
	// to write with, in the keys of spec.secretRef; that one when absent. With a
	// Secret of its own, the token that reads stays one that cannot write.
	// +optional
	SecretRef *meta.LocalObjectReference `json:"secretRef,omitempty"`

	// Comment says whether there is one comment on each request, which is kept true.
	// Enabled when absent.
	// +kubebuilder:validation:Enum=Enabled;Disabled
	// +optional
	Comment string `json:"comment,omitempty"`

	// Status says whether the head commit of each request has a status. Enabled when
	// absent; of GitLab with deployment Enabled, and of CodeCommit, Disabled.
	// +kubebuilder:validation:Enum=Enabled;Disabled
	// +optional
	Status string `json:"status,omitempty"`

	// Deployment says whether each preview is a deployment at GitHub, or an
	// environment at GitLab. Disabled when absent.
	// +kubebuilder:validation:Enum=Enabled;Disabled
	// +optional
	Deployment string `json:"deployment,omitempty"`

	// Environment is the name of that of a deployment: preview at GitHub, and
	// review/SERVICE-ID at GitLab when absent.
	// +kubebuilder:validation:MaxLength=200
	// +optional
	Environment string `json:"environment,omitempty"`

	// EnvironmentRetention says what becomes of an environment at GitLab whose preview
	// is removed: Keep leaves it there, stopped, and Delete deletes it then, with the list of
	// what was deployed. Keep when absent.
	// +kubebuilder:validation:Enum=Keep;Delete
	// +optional
	EnvironmentRetention string `json:"environmentRetention,omitempty"`

	// GitLabAgentID is the number of the agent for Kubernetes that connects this cluster
	// with GitLab. With it, each environment shows the pods of its preview, and how the
	// Kustomization or HelmRelease stands that deploys it.
	// +kubebuilder:validation:Minimum=1
	// +optional
	GitLabAgentID int64 `json:"gitlabAgentID,omitempty"`

	// Template names a ConfigMap in the namespace of the provider with another text for
	// the comment, in the key comment.md: a template in the language of a ResourceSet.
	// +optional
	Template *meta.LocalObjectReference `json:"template,omitempty"`

	// When lists what may cause something to be written: Progress, Ready, Failed and
	// Removed when empty. With NotifyFailure, people are notified, by a second comment, of
	// each preview that was ready and has failed.
	// +kubebuilder:validation:items:Enum=Progress;Ready;Failed;Removed;NotifyFailure
	// +kubebuilder:validation:MaxItems=5
	// +listType=set
	// +optional
	When []string `json:"when,omitempty"`
}

// FeedbackStatus is what was told of one request.
type FeedbackStatus struct {
	// ID of the request: its number.
	ID string `json:"id"`

	// SHA is the commit that the request was at when something was told last.
	// +optional
	SHA string `json:"sha,omitempty"`

	// Comment is the id of the comment.
	// +optional
	Comment string `json:"comment,omitempty"`

	// Digest of what the comment says.
	// +optional
	Digest string `json:"digest,omitempty"`

	// Previews are what was told of each preview of the request.
	// +listType=atomic
	// +optional
	Previews []FeedbackPreview `json:"previews,omitempty"`

	// Reaction is the id of the comment that was answered last with a reaction, as it
	// approved of a commit.
	// +optional
	Reaction string `json:"reaction,omitempty"`

	// Unlabelled is the event by which a label was set that approved of a commit, and
	// that was taken away once another commit was pushed.
	// +optional
	Unlabelled string `json:"unlabelled,omitempty"`

	// Refused is what the forge said last, where it takes nothing for this request:
	// it is not asked again before the request is pushed to.
	// +optional
	Refused string `json:"refused,omitempty"`

	// Updated is when something was told last.
	// +optional
	Updated metav1.Time `json:"updated,omitzero"`
}

// FeedbackPreview is what was told of one preview of a request.
type FeedbackPreview struct {
	// Name of the preview's service; of a permutation with its id, SERVICE-ID.
	Name string `json:"name"`

	// SHA is the commit whose status was set last.
	// +optional
	SHA string `json:"sha,omitempty"`

	// Status is a digest of what it says.
	// +optional
	Status string `json:"status,omitempty"`

	// Deployment is the id of the deployment at the forge.
	// +optional
	Deployment string `json:"deployment,omitempty"`

	// DeployedSHA is the commit of the deployment.
	// +optional
	DeployedSHA string `json:"deployedSHA,omitempty"`

	// Deployed is what was said of the deployment: pending, success or failure.
	// +optional
	Deployed string `json:"deployed,omitempty"`

	// Dashboard is a digest of where in the cluster the environment was told to look.
	// +optional
	Dashboard string `json:"dashboard,omitempty"`

	// ReadySince is since when the preview was ready, where people are to be notified
	// once it has failed; absent once they were.
	// +optional
	ReadySince string `json:"readySince,omitempty"`
}

// GetFeedback returns what requests are told, with its defaults; nil for nothing.
func (p *ResourceSetInputProvider) GetFeedback() *Feedback {
	if p.Spec.Feedback == nil {
		return nil
	}
	out := *p.Spec.Feedback
	status := FeatureEnabled
	if p.Spec.Type == InputProviderGitLabMergeRequest && out.Deployment == FeatureEnabled || p.Spec.Type == InputProviderAWSCodeCommitPullRequest {
		status = FeatureDisabled
	}
	out.Comment, out.Status, out.Deployment = cmp.Or(out.Comment, FeatureEnabled), cmp.Or(out.Status, status), cmp.Or(out.Deployment, FeatureDisabled)
	out.EnvironmentRetention = cmp.Or(out.EnvironmentRetention, RetentionKeep)
	if len(out.When) == 0 {
		out.When = []string{FeedbackProgress, FeedbackReady, FeedbackFailed, FeedbackRemoved}
	}
	return &out
}
