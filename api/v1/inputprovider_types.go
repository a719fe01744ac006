package v1

import (
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ResourceSetInputProviderKind is the kind of a ResourceSetInputProvider.
const ResourceSetInputProviderKind = "ResourceSetInputProvider"

// What can be watched: the values of spec.type.
const (
	InputProviderStatic = "Static"

	InputProviderGitHubBranch      = "GitHubBranch"
	InputProviderGitHubTag         = "GitHubTag"
	InputProviderGitHubPullRequest = "GitHubPullRequest"

	InputProviderGitLabBranch       = "GitLabBranch"
	InputProviderGitLabTag          = "GitLabTag"
	InputProviderGitLabMergeRequest = "GitLabMergeRequest"
	InputProviderGitLabEnvironment  = "GitLabEnvironment"

	InputProviderAzureDevOpsBranch      = "AzureDevOpsBranch"
	InputProviderAzureDevOpsTag         = "AzureDevOpsTag"
	InputProviderAzureDevOpsPullRequest = "AzureDevOpsPullRequest"

	InputProviderAWSCodeCommitBranch      = "AWSCodeCommitBranch"
	InputProviderAWSCodeCommitTag         = "AWSCodeCommitTag"
	InputProviderAWSCodeCommitPullRequest = "AWSCodeCommitPullRequest"

	InputProviderGiteaBranch      = "GiteaBranch"
	InputProviderGiteaTag         = "GiteaTag"
	InputProviderGiteaPullRequest = "GiteaPullRequest"

	InputProviderBitbucketBranch      = "BitbucketBranch"
	InputProviderBitbucketTag         = "BitbucketTag"
	InputProviderBitbucketPullRequest = "BitbucketPullRequest"

	InputProviderOCIArtifactTag = "OCIArtifactTag"
	InputProviderACRArtifactTag = "ACRArtifactTag"
	InputProviderECRArtifactTag = "ECRArtifactTag"
	InputProviderGARArtifactTag = "GARArtifactTag"

	InputProviderExternalService  = "ExternalService"
	InputProviderExternalArtifact = "ExternalArtifact"
)

// What happens to an exported pull request that has lost a label which
// spec.skip.labels requires with a leading "!".
const (
	// WhenMissingRemove drops the input, and so its preview.
	WhenMissingRemove = "Remove"
	// WhenMissingFreeze keeps the input as it was last exported.
	WhenMissingFreeze = "Freeze"
)

// What becomes of the requests that are drafts, or that come from forks.
const (
	// FilterInclude lets them be inputs.
	FilterInclude = "Include"
	// FilterExclude does not.
	FilterExclude = "Exclude"
)

// Defaults of a provider that has no annotation or field saying otherwise.
const (
	InputProviderInterval = 10 * time.Minute
	InputProviderTimeout  = 2 * time.Minute
	InputProviderLimit    = 100
)

// ResourceSetInputProviderSpec says what to watch and what to make of it.
//
// +kubebuilder:validation:XValidation:rule="self.type != 'Static' || !has(self.url)",message="spec.url must be empty when spec.type is 'Static'"
// +kubebuilder:validation:XValidation:rule="self.type != 'ExternalArtifact' || !has(self.url)",message="spec.url must be empty when spec.type is 'ExternalArtifact'"
// +kubebuilder:validation:XValidation:rule="self.type == 'Static' || self.type == 'ExternalArtifact' || has(self.url)",message="spec.url must not be empty when spec.type is not 'Static' or 'ExternalArtifact'"
// +kubebuilder:validation:XValidation:rule="!self.type.startsWith('Git') || self.url.startsWith('http')",message="spec.url must start with 'http://' or 'https://' when spec.type is a Git provider"
// +kubebuilder:validation:XValidation:rule="!self.type.startsWith('AzureDevOps') || self.url.startsWith('http://') || self.url.startsWith('https://')",message="spec.url must start with 'http://' or 'https://' when spec.type is an AzureDevOps provider"
// +kubebuilder:validation:XValidation:rule="!self.type.startsWith('Bitbucket') || self.url.startsWith('http://') || self.url.startsWith('https://')",message="spec.url must start with 'http://' or 'https://' when spec.type is a Bitbucket provider"
// +kubebuilder:validation:XValidation:rule="!self.type.startsWith('AWSCodeCommit') || self.url.startsWith('https://')",message="spec.url must start with 'https://' when spec.type is a AWSCodeCommit provider"
// +kubebuilder:validation:XValidation:rule="!self.type.endsWith('ArtifactTag') || self.url.startsWith('oci')",message="spec.url must start with 'oci://' when spec.type is an OCI provider"
// +kubebuilder:validation:XValidation:rule="!self.type.endsWith('ArtifactTag') || !self.url.startsWith('oci://') || self.url.substring(6).contains('/')",message="spec.url must include the repository path after the registry host when spec.type is an OCI provider"
// +kubebuilder:validation:XValidation:rule="self.type != 'ExternalService' || self.url.startsWith('http')",message="spec.url must start with 'http://' or 'https://' when spec.type is 'ExternalService'"
// +kubebuilder:validation:XValidation:rule="!has(self.insecure) || !self.insecure || self.type == 'ExternalService' || self.type == 'OCIArtifactTag'",message="spec.insecure can only be set when spec.type is 'ExternalService' or 'OCIArtifactTag'"
// +kubebuilder:validation:XValidation:rule="self.type != 'ExternalService' || !self.url.startsWith('http://') || (has(self.insecure) && self.insecure)",message="spec.url must use 'https://' unless spec.insecure is true"
// +kubebuilder:validation:XValidation:rule="!has(self.serviceAccountName) || self.type.startsWith('AzureDevOps') || self.type.startsWith('AWSCodeCommit') || self.type.endsWith('ArtifactTag') || self.type == 'ExternalArtifact'",message="cannot specify spec.serviceAccountName when spec.type is not one of AzureDevOps*, AWSCodeCommit*, *ArtifactTag or ExternalArtifact"
// +kubebuilder:validation:XValidation:rule="!has(self.serviceAccountName) || has(self.secretRef) || !self.type.startsWith('AzureDevOps') || self.url.matches('(?i)^https://(dev[.]azure[.]com|[a-z0-9-]+[.]visualstudio[.]com)(:443)?/')",message="spec.url must be on https://dev.azure.com or https://*.visualstudio.com when spec.serviceAccountName is set and spec.secretRef is not: the identity of an account goes nowhere else"
// +kubebuilder:validation:XValidation:rule="!has(self.certSecretRef) || !(self.type == 'Static' || self.type == 'ExternalArtifact' || self.type.startsWith('AzureDevOps') || self.type.startsWith('AWSCodeCommit') || (self.type.endsWith('ArtifactTag') && self.type != 'OCIArtifactTag'))",message="cannot specify spec.certSecretRef when spec.type is one of Static, ExternalArtifact, AzureDevOps*, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag"
// +kubebuilder:validation:XValidation:rule="!has(self.secretRef) || !(self.type == 'Static' || self.type == 'ExternalArtifact' || self.type.startsWith('AWSCodeCommit') || (self.type.endsWith('ArtifactTag') && self.type != 'OCIArtifactTag'))",message="cannot specify spec.secretRef when spec.type is one of Static, ExternalArtifact, AWSCodeCommit*, ACRArtifactTag, ECRArtifactTag or GARArtifactTag"
// +kubebuilder:validation:XValidation:rule="self.type != 'ExternalArtifact' || (has(self.selectors) && size(self.selectors) > 0)",message="spec.selectors must be set when spec.type is 'ExternalArtifact'"
// +kubebuilder:validation:XValidation:rule="self.type == 'ExternalArtifact' || !has(self.selectors)",message="spec.selectors must not be set when spec.type is not 'ExternalArtifact'"
// +kubebuilder:validation:XValidation:rule="!has(self.proxySecretRef) || (self.type != 'Static' && self.type != 'ExternalArtifact')",message="cannot specify spec.proxySecretRef when spec.type is one of Static or ExternalArtifact"
// +kubebuilder:validation:XValidation:rule="!has(self.gate) || self.type.endsWith('Request') || self.type.endsWith('Branch')",message="spec.gate is for pull requests, merge requests and branches"
// +kubebuilder:validation:XValidation:rule="!has(self.filter) || self.type.endsWith('Request') || !(has(self.filter.includeTargetBranch) || has(self.filter.excludeTargetBranch) || has(self.filter.paths) || (has(self.filter.drafts) && self.filter.drafts == 'Exclude') || (has(self.filter.forks) && self.filter.forks == 'Exclude'))",message="spec.filter.includeTargetBranch, excludeTargetBranch, drafts, forks and paths are for pull requests and merge requests"
// +kubebuilder:validation:XValidation:rule="!has(self.filter) || self.type.endsWith('Request') || self.type == 'GitLabEnvironment' || !(has(self.filter.authors) || has(self.filter.updatedWithin))",message="spec.filter.authors and updatedWithin are for pull requests, merge requests and environments"
// +kubebuilder:validation:XValidation:rule="!has(self.filter) || !has(self.filter.updatedWithin) || self.type != 'AzureDevOpsPullRequest'",message="spec.filter.updatedWithin cannot be used when spec.type is 'AzureDevOpsPullRequest', which does not tell when a request was updated"
// +kubebuilder:validation:XValidation:rule="!has(self.feedback) || self.type.endsWith('Request')",message="spec.feedback is for pull requests and merge requests"
// +kubebuilder:validation:XValidation:rule="!has(self.feedback) || !has(self.feedback.deployment) || self.feedback.deployment != 'Enabled' || self.type.startsWith('GitHub') || self.type.startsWith('GitLab')",message="spec.feedback.deployment can be 'Enabled' when spec.type is 'GitHubPullRequest' or 'GitLabMergeRequest': other forges have none"
// +kubebuilder:validation:XValidation:rule="!has(self.feedback) || !has(self.feedback.status) || self.feedback.status != 'Enabled' || !self.type.startsWith('AWSCodeCommit')",message="spec.feedback.status cannot be 'Enabled' when spec.type is 'AWSCodeCommitPullRequest', whose commits have no status"
// +kubebuilder:validation:XValidation:rule="!has(self.feedback) || !has(self.feedback.secretRef) || !self.type.startsWith('AWSCodeCommit')",message="cannot specify spec.feedback.secretRef when spec.type is 'AWSCodeCommitPullRequest'"
// +kubebuilder:validation:XValidation:rule="!has(self.feedback) || !has(self.feedback.gitlabAgentID) || (self.type.startsWith('GitLab') && has(self.feedback.deployment) && self.feedback.deployment == 'Enabled')",message="spec.feedback.gitlabAgentID can be set when spec.type is 'GitLabMergeRequest' and spec.feedback.deployment is 'Enabled': it is for the environments of GitLab"
// +kubebuilder:validation:XValidation:rule="!has(self.feedback) || !has(self.feedback.environmentRetention) || (self.type.startsWith('GitLab') && has(self.feedback.deployment) && self.feedback.deployment == 'Enabled')",message="spec.feedback.environmentRetention can be set when spec.type is 'GitLabMergeRequest' and spec.feedback.deployment is 'Enabled': it is for the environments of GitLab"
// +kubebuilder:validation:XValidation:rule="!has(self.feedback) || !has(self.feedback.when) || !('NotifyFailure' in self.feedback.when) || !has(self.feedback.comment) || self.feedback.comment != 'Disabled'",message="spec.feedback.when cannot have NotifyFailure when spec.feedback.comment is 'Disabled': people are notified by a comment"
// +kubebuilder:validation:XValidation:rule="!has(self.forks) || self.type.endsWith('Request')",message="spec.forks is for pull requests and merge requests"
// +kubebuilder:validation:XValidation:rule="!has(self.forks) || !self.type.startsWith('AWSCodeCommit') || (has(self.forks.appliesTo) && self.forks.appliesTo == 'Everybody')",message="spec.forks.appliesTo must be Everybody when spec.type is 'AWSCodeCommitPullRequest', where there are no forks"
// +kubebuilder:validation:XValidation:rule="!has(self.forks) || !has(self.forks.by) || !('Label' in self.forks.by) || self.type.startsWith('Git')",message="spec.forks.by can have Label when spec.type is 'GitHubPullRequest', 'GitLabMergeRequest' or 'GiteaPullRequest': other forges do not tell who set a label, and when"
type ResourceSetInputProviderSpec struct {
	// Type of what is watched.
	// +kubebuilder:validation:Enum=Static;GitHubBranch;GitHubTag;GitHubPullRequest;GitLabBranch;GitLabTag;GitLabMergeRequest;GitLabEnvironment;AzureDevOpsBranch;AzureDevOpsTag;AzureDevOpsPullRequest;AWSCodeCommitBranch;AWSCodeCommitTag;AWSCodeCommitPullRequest;GiteaBranch;GiteaTag;GiteaPullRequest;BitbucketBranch;BitbucketTag;BitbucketPullRequest;OCIArtifactTag;ACRArtifactTag;ECRArtifactTag;GARArtifactTag;ExternalService;ExternalArtifact
	// +required
	Type string `json:"type"`

	// URL of the repository or service. Empty for Static and ExternalArtifact.
	// +kubebuilder:validation:Pattern="^((http|https|oci)://.*){0,1}$"
	// +optional
	URL string `json:"url,omitempty"`

	// ServiceAccountName is an account in the namespace of the provider: whose
	// identity is used in a cloud, whose pull secrets are used for an
	// OCIArtifactTag, or who reads ExternalArtifacts.
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`

	// SecretRef names a Secret in the namespace of the provider with the
	// credentials: username and password; the keys of a GitHub App; token, for
	// an ExternalService; .dockerconfigjson, for an OCIArtifactTag.
	// +optional
	SecretRef *meta.LocalObjectReference `json:"secretRef,omitempty"`

	// CertSecretRef names a Secret in the namespace of the provider with a
	// certificate authority (ca.crt) and a client certificate (tls.crt, tls.key).
	// +optional
	CertSecretRef *meta.LocalObjectReference `json:"certSecretRef,omitempty"`

	// ProxySecretRef names a Secret in the namespace of the provider with the
	// proxy to go through, in the keys address, username and password. Without
	// it, the proxy is that of the operator's environment, if any.
	// +optional
	ProxySecretRef *meta.LocalObjectReference `json:"proxySecretRef,omitempty"`

	// Insecure allows plain HTTP for an ExternalService or an OCI registry.
	// +optional
	Insecure bool `json:"insecure,omitempty"`

	// DefaultValues fill the keys that an exported input lacks, with any JSON values.
	// +optional
	DefaultValues ResourceSetInput `json:"defaultValues,omitempty"`

	// Filter says what is exported.
	// +optional
	Filter *InputProviderFilter `json:"filter,omitempty"`

	// Skip says what is held back.
	// +optional
	Skip *InputProviderSkip `json:"skip,omitempty"`

	// Forks says what becomes of requests that come from other repositories; they are
	// inputs as all others when absent.
	// +optional
	Forks *Forks `json:"forks,omitempty"`

	// Gate says what must be there before a commit of a request or a branch is
	// exported; nothing must when absent.
	// +optional
	Gate *Gate `json:"gate,omitempty"`

	// Schedule says when the forge may be asked; always when absent.
	// +optional
	Schedule []Schedule `json:"schedule,omitempty"`

	// Selectors pick ExternalArtifacts, each by name or by labels.
	// +optional
	Selectors []ArtifactSelector `json:"selectors,omitempty"`

	// Feedback tells each request at the forge what becomes of its preview; nothing
	// is told when absent.
	// +optional
	Feedback *Feedback `json:"feedback,omitempty"`
}

// InputProviderFilter says what is exported. The expressions are RE2 and
// match anywhere in the name unless they are anchored.
type InputProviderFilter struct {
	// IncludeBranch keeps the branches (of requests: the source branches) that match.
	// +optional
	IncludeBranch string `json:"includeBranch,omitempty"`

	// ExcludeBranch drops the branches (of requests: the source branches) that match.
	// +optional
	ExcludeBranch string `json:"excludeBranch,omitempty"`

	// IncludeTag keeps the tags that match.
	// +optional
	IncludeTag string `json:"includeTag,omitempty"`

	// ExcludeTag drops the tags that match.
	// +optional
	ExcludeTag string `json:"excludeTag,omitempty"`

	// IncludeEnvironment keeps the environments that match.
	// +optional
	IncludeEnvironment string `json:"includeEnvironment,omitempty"`

	// ExcludeEnvironment drops the environments that match.
	// +optional
	ExcludeEnvironment string `json:"excludeEnvironment,omitempty"`

	// Labels that a request must have, all of them.
	// +optional
	Labels []string `json:"labels,omitempty"`

	// IncludeTargetBranch keeps the requests that ask to be merged into a branch
	// that matches.
	// +optional
	IncludeTargetBranch string `json:"includeTargetBranch,omitempty"`

	// ExcludeTargetBranch drops the requests that ask to be merged into a branch
	// that matches.
	// +optional
	ExcludeTargetBranch string `json:"excludeTargetBranch,omitempty"`

	// Drafts says whether requests that are drafts are inputs.
	// +kubebuilder:validation:Enum=Include;Exclude
	// +kubebuilder:default=Include
	// +optional
	Drafts string `json:"drafts,omitempty"`

	// Forks says whether requests from other repositories are inputs: Exclude
	// keeps strangers from deploying what they wrote.
	// +kubebuilder:validation:Enum=Include;Exclude
	// +kubebuilder:default=Include
	// +optional
	Forks string `json:"forks,omitempty"`

	// Authors whose requests are inputs, by the name that is exported as author,
	// in upper or lower case. With a leading "!" those of the author are not;
	// where no other author is named, those of everybody else are.
	// +kubebuilder:validation:items:MinLength=1
	// +optional
	Authors []string `json:"authors,omitempty"`

	// UpdatedWithin drops the requests that nobody has touched for longer, such
	// as 336h, and with them their previews, until somebody does.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"
	// +optional
	UpdatedWithin *metav1.Duration `json:"updatedWithin,omitempty"`

	// Paths keeps the requests that change a file which matches one of these
	// globs, such as services/api/** or **/*.go. A star does not match a slash,
	// two do, and {a,b} is one of both.
	// +kubebuilder:validation:items:MinLength=1
	// +optional
	Paths []string `json:"paths,omitempty"`

	// Limit is the most inputs to export.
	// +kubebuilder:default=100
	// +kubebuilder:validation:Maximum=10000
	// +optional
	Limit int `json:"limit,omitempty"`

	// Semver keeps the tags that satisfy a range, newest first.
	// +optional
	Semver string `json:"semver,omitempty"`
}

// InputProviderSkip says which requests are held back.
type InputProviderSkip struct {
	// Labels that hold a request back. A request that has one is not updated:
	// what was exported of it stays as it is. With a leading "!" the label is
	// required: a request without it is not an input.
	// +optional
	Labels []string `json:"labels,omitempty"`

	// WhenMissing says what becomes of an exported request that loses a
	// required label: Remove drops it, and so its preview; Freeze keeps it as
	// it was last exported.
	// +kubebuilder:validation:Enum=Remove;Freeze
	// +kubebuilder:default=Remove
	// +optional
	WhenMissing string `json:"whenMissing,omitempty"`
}

// Schedule opens a window in which the forge may be asked.
type Schedule struct {
	// Cron expression of five fields, or a descriptor such as @daily.
	// +required
	Cron string `json:"cron"`

	// TimeZone of the expression, by its IANA name.
	// +kubebuilder:default=UTC
	// +optional
	TimeZone string `json:"timeZone,omitempty"`

	// Window is how long it stays open; 0s means that it is always open and
	// the cron expression only adds runs.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"
	// +kubebuilder:default="0s"
	// +optional
	Window metav1.Duration `json:"window,omitempty"`
}

// ArtifactSelector picks ExternalArtifacts by name or by labels.
//
// +structType=atomic
// +kubebuilder:validation:XValidation:rule="!has(self.name) || (!has(self.matchLabels) && !has(self.matchExpressions))",message="name is mutually exclusive with matchLabels and matchExpressions"
type ArtifactSelector struct {
	// Name of the artifact.
	// +optional
	Name string `json:"name,omitempty"`

	// Namespace of the artifacts; "*" for all, the provider's when absent.
	// +optional
	Namespace string `json:"namespace,omitempty"`

	metav1.LabelSelector `json:",inline"`
}

// ResourceSetInputProvider watches a forge or a service and exports one input
// set for each thing that it finds there.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=rsip,categories={all,fluxcd,fluxcd-sources}
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp",description=""
// +kubebuilder:printcolumn:name="Ready",type="string",JSONPath=".status.conditions[?(@.type==\"Ready\")].status",description=""
// +kubebuilder:printcolumn:name="Status",type="string",JSONPath=".status.conditions[?(@.type==\"Ready\")].message",description=""
type ResourceSetInputProvider struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ResourceSetInputProviderSpec   `json:"spec,omitempty"`
	Status ResourceSetInputProviderStatus `json:"status,omitempty"`
}

// ResourceSetInputProviderList is a list of ResourceSetInputProviders.
//
// +kubebuilder:object:root=true
type ResourceSetInputProviderList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ResourceSetInputProvider `json:"items"`
}
