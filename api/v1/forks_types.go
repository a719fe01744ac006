package v1

import (
	"cmp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ApproveAnnotationPrefix begins the annotations of a provider that approve of a commit
// of the request whose number stands behind it. The value is the commit in full and,
// where an approval was taken back before, the time of this one.
const ApproveAnnotationPrefix = "approve." + Group + "/"

// ApproveRevoked in the place of the commit, with the time behind it, takes back all
// that was approved of the request until then.
const ApproveRevoked = "revoked"

// What becomes of requests that come from another repository: spec.forks.policy.
const (
	// ForksInclude lets them be inputs.
	ForksInclude = "Include"
	// ForksApprove does once somebody has approved of them.
	ForksApprove = "Approve"
	// ForksExclude does not.
	ForksExclude = "Exclude"
)

// How long an approval lasts: spec.forks.scope.
const (
	// ApproveCommit is for the commit alone that was looked at.
	ApproveCommit = "Commit"
	// ApproveAuthor is for all that its author asks for, until it is taken back.
	ApproveAuthor = "Author"
	// ApproveRequest is for the request, until it is closed.
	ApproveRequest = "Request"
)

// How somebody may approve: spec.forks.by. The annotation always counts.
const (
	ByReview     = "Review"
	ByComment    = "Comment"
	ByLabel      = "Label"
	ByAnnotation = "Annotation"
)

// What an approver has to be allowed at the forge: spec.forks.permission.
const (
	PermissionWrite    = "write"
	PermissionMaintain = "maintain"
	PermissionAdmin    = "admin"
)

// Whose requests need an approval: spec.forks.appliesTo.
const (
	AppliesToForks     = "Forks"
	AppliesToEverybody = "Everybody"
)

// Forks says what becomes of requests that come from other repositories. What they
// would run was written by somebody who could not push to this one.
//
// +kubebuilder:validation:XValidation:rule="!has(self.by) || !('Label' in self.by) || has(self.label)",message="spec.forks.label must be set when spec.forks.by has Label"
// +kubebuilder:validation:XValidation:rule="!has(self.appliesTo) || self.appliesTo != 'Everybody' || (has(self.policy) && self.policy == 'Approve')",message="spec.forks.appliesTo can be Everybody when spec.forks.policy is Approve"
type Forks struct {
	// Policy says whether they are inputs: Include; Approve, where somebody who may
	// push here has approved of the commit; or Exclude, as spec.filter.forks does.
	// +kubebuilder:validation:Enum=Include;Approve;Exclude
	// +kubebuilder:default=Include
	// +optional
	Policy string `json:"policy,omitempty"`

	// Scope says how long an approval lasts: Commit is for the very commit that was
	// looked at; Request, for what is pushed to the request later; Author, for all
	// requests of its author, until it is taken back.
	// +kubebuilder:validation:Enum=Commit;Author;Request
	// +kubebuilder:default=Commit
	// +optional
	Scope string `json:"scope,omitempty"`

	// By lists how people may approve at the forge: in a Review; by a Comment,
	// /preview COMMIT; or by a Label that was set after the commit was pushed. Review
	// and Comment when empty. The annotation approve.fluxcd.controlplane.io/ID of the
	// provider always counts.
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:Enum=Review;Comment;Label
	// +listType=set
	// +optional
	By []string `json:"by,omitempty"`

	// Label that approves, where By has Label.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +optional
	Label string `json:"label,omitempty"`

	// Permission is the least that an approver must have in the repository: write,
	// maintain or admin.
	// +kubebuilder:validation:Enum=write;maintain;admin
	// +kubebuilder:default=write
	// +optional
	Permission string `json:"permission,omitempty"`

	// Approvers are those who may approve, by the name that is exported as author, or
	// @ORGANISATION/TEAM, in upper or lower case. NAME#NUMBER is the account of that
	// number alone: a name may go to somebody else. Others may not then, and Permission
	// is not asked for. Bots may approve where they are named here. Where the forge
	// tells nobody's permissions, as Azure DevOps and Bitbucket Cloud, nobody who is
	// not named here may.
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=255
	// +listType=set
	// +optional
	Approvers []string `json:"approvers,omitempty"`

	// TrustedAuthors are those whose requests need no approval, by the name that is
	// exported as author, in upper or lower case, or NAME#NUMBER with that of their
	// account.
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=255
	// +listType=set
	// +optional
	TrustedAuthors []string `json:"trustedAuthors,omitempty"`

	// AppliesTo says whose requests need an approval: those from Forks, or those of
	// Everybody, for agents and bots that push to the repository itself.
	// +kubebuilder:validation:Enum=Forks;Everybody
	// +kubebuilder:default=Forks
	// +optional
	AppliesTo string `json:"appliesTo,omitempty"`

	// WhenRevoked says what becomes of a preview whose commit is approved no more:
	// Freeze keeps it as it is, Remove takes it away.
	// +kubebuilder:validation:Enum=Freeze;Remove
	// +kubebuilder:default=Freeze
	// +optional
	WhenRevoked string `json:"whenRevoked,omitempty"`
}

// Approval is one that counts, or one that was taken back.
type Approval struct {
	// ID of the request that it was given on.
	ID string `json:"id"`

	// SHA is the commit that was looked at.
	SHA string `json:"sha"`

	// By is who approved, by the name at the forge; empty for an annotation.
	// +optional
	By string `json:"by,omitempty"`

	// ByID is the number of their account at the forge, which nobody gets after them;
	// empty where it tells none.
	// +optional
	ByID string `json:"byID,omitempty"`

	// How they did: Review, Comment, Label or Annotation.
	How string `json:"how"`

	// At is when.
	At metav1.Time `json:"at"`

	// Evidence is the id of the review, the comment or the event at the forge.
	// +optional
	Evidence string `json:"evidence,omitempty"`

	// Author is who is trusted by it, where it is for all that they ask for.
	// +optional
	Author string `json:"author,omitempty"`

	// AuthorID is the number of their account at the forge: whoever takes their name
	// later is not trusted. Empty where the forge tells none.
	// +optional
	AuthorID string `json:"authorID,omitempty"`

	// TargetBranch and Source are the branch that the request was to be merged into
	// and the repository that it came from: it is for no other.
	// +optional
	TargetBranch string `json:"targetBranch,omitempty"`
	// +optional
	Source string `json:"source,omitempty"`

	// Repository is where the request is, as spec.url named it: it is for no other.
	// +optional
	Repository string `json:"repository,omitempty"`

	// Revoked is when it was taken back; what was said until then counts no more.
	// +optional
	Revoked *metav1.Time `json:"revoked,omitempty"`

	// Why it was taken back.
	// +optional
	Why string `json:"why,omitempty"`
}

// GetForks returns what becomes of requests from forks, with its defaults.
func (p *ResourceSetInputProvider) GetForks() Forks {
	out := Forks{}
	if p.Spec.Forks != nil {
		out = *p.Spec.Forks.DeepCopy()
	}
	out.Policy, out.Scope = cmp.Or(out.Policy, ForksInclude), cmp.Or(out.Scope, ApproveCommit)
	out.Permission, out.AppliesTo = cmp.Or(out.Permission, PermissionWrite), cmp.Or(out.AppliesTo, AppliesToForks)
	out.WhenRevoked = cmp.Or(out.WhenRevoked, WhenMissingFreeze)
	if len(out.By) == 0 {
		out.By = []string{ByReview, ByComment}
	}
	return out
}
