package v1

import (
	"slices"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What shows which commit an image was built of.
const (
	RevisionTag   = "Tag"
	RevisionLabel = "Label"
)

// What a check may have come to for it to be evidence.
const (
	CheckSuccess = "success"
	CheckNeutral = "neutral"
	CheckSkipped = "skipped"
	CheckWarning = "warning"
)

// Defaults of a gate.
const (
	// GateImageTag is the tag of an image that names none.
	GateImageTag = "<< inputs.sha >>"
	// GateWaitFor is how long evidence is looked for often.
	GateWaitFor = time.Hour
)

// Gate says what must be there before a commit is exported. It is asked for each
// commit anew: what is there for one is no evidence for the next. Until it is
// there, a request that is exported stays as it is, and one that is not is held.
type Gate struct {
	// Images that must have been built of the commit, all of them. What is proved of
	// each is exported as inputs.images.NAME, with the keys repository, tag, digest
	// and ref.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=20
	// +optional
	Images []GateImage `json:"images,omitempty"`

	// Checks of CI that must have succeeded on the commit, all of them. What they came
	// to is exported as inputs.checks, a list of name, app and state.
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=20
	// +optional
	Checks []GateCheck `json:"checks,omitempty"`

	// WaitFor is how long the evidence for a commit is looked for every few seconds
	// up to every minute; after that it is an event, and looked for at the interval.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:Pattern="^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$"
	// +kubebuilder:default="1h"
	// +optional
	WaitFor *metav1.Duration `json:"waitFor,omitempty"`
}

// GateImage is an image in a registry.
//
// +kubebuilder:validation:XValidation:rule="self.revision == 'Label' || !has(self.tag) || self.tag.contains('inputs.sha')",message="a tag without the commit cannot prove the commit: add << inputs.sha >> to it, or set revision: Label"
// +kubebuilder:validation:XValidation:rule="self.provider == 'generic' || !has(self.secretRef)",message="the identity of an account and spec.gate.images[].secretRef exclude each other: a Secret goes with provider: generic"
type GateImage struct {
	// Name of the image among those of the gate, and its key in inputs.images.
	// +kubebuilder:validation:Pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
	// +kubebuilder:validation:MaxLength=63
	// +required
	Name string `json:"name"`

	// Repository of the image, HOST/PATH: without a scheme, a tag or a digest.
	// +kubebuilder:validation:Pattern="^[^/@?#<> ]+/[^/:@?#<> ][^:@?#<> ]*$"
	// +kubebuilder:validation:MaxLength=255
	// +required
	Repository string `json:"repository"`

	// Tag of the image, a template of the inputs that are exported of the request.
	// +kubebuilder:default="<< inputs.sha >>"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +optional
	Tag string `json:"tag,omitempty"`

	// Revision says what shows that the image was built of the commit: Tag, that its
	// tag is there, which must hold the commit then; or Label, that the image is
	// labelled or annotated org.opencontainers.image.revision with it, for a tag that
	// moves.
	// +kubebuilder:validation:Enum=Tag;Label
	// +kubebuilder:default=Tag
	// +optional
	Revision string `json:"revision,omitempty"`

	// Platforms that the image must have, such as linux/amd64; any when empty.
	// +listType=set
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:Pattern="^[a-z0-9]+/[a-z0-9]+(/[a-z0-9]+)?$"
	// +optional
	Platforms []string `json:"platforms,omitempty"`

	// Provider of the credentials: generic reads a pull secret, the others take the
	// identity of an account in their cloud.
	// +kubebuilder:validation:Enum=generic;aws;azure;gcp
	// +kubebuilder:default=generic
	// +optional
	Provider string `json:"provider,omitempty"`

	// SecretRef names a Secret of type kubernetes.io/dockerconfigjson.
	// +optional
	SecretRef *meta.LocalObjectReference `json:"secretRef,omitempty"`

	// ServiceAccountName names the account whose imagePullSecrets, or whose identity
	// in the cloud, are used.
	// +optional
	ServiceAccountName string `json:"serviceAccountName,omitempty"`

	// CertSecretRef names a Secret with ca.crt, and tls.crt and tls.key, for the
	// registry.
	// +optional
	CertSecretRef *meta.LocalObjectReference `json:"certSecretRef,omitempty"`

	// Insecure allows plain HTTP.
	// +optional
	Insecure bool `json:"insecure,omitempty"`
}

// GateCheck is something that CI says of a commit: a check run or a commit status of
// GitHub, a job, an external status or the pipeline of GitLab, a commit status of Gitea
// or Forgejo, a status or a build validation of Azure DevOps, a build status of Bitbucket.
//
// +kubebuilder:validation:XValidation:rule="self.name != '*'",message="every check there is cannot be waited for, as some tell of the preview itself: name one, or how its name begins, such as build*"
type GateCheck struct {
	// Name of the check as the forge tells it, with its upper and lower case; with a *
	// at its end, all checks whose names begin so, of which there must be one. At GitLab
	// pipeline is the pipeline of the merge request, or of the branch.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +required
	Name string `json:"name"`

	// App is who must say so, where the forge tells: the slug of an app of GitHub, or
	// the account at GitLab, Gitea and Forgejo; anybody when empty.
	// +kubebuilder:validation:MaxLength=255
	// +optional
	App string `json:"app,omitempty"`

	// Accept is what the check may have come to. A check that was skipped or is neutral
	// has built nothing; one with a warning is Gitea's.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	// +kubebuilder:validation:items:Enum=success;neutral;skipped;warning
	// +kubebuilder:default={"success"}
	// +optional
	Accept []string `json:"accept,omitempty"`
}

// Accepts reports whether a check may have come to that.
func (c GateCheck) Accepts(state string) bool {
	if len(c.Accept) == 0 {
		return state == CheckSuccess
	}
	return slices.Contains(c.Accept, state)
}

// GetTag returns the template of the tag.
func (i GateImage) GetTag() string {
	if i.Tag == "" {
		return GateImageTag
	}
	return i.Tag
}

// GetWaitFor returns how long evidence is looked for often.
func (g *Gate) GetWaitFor() time.Duration {
	if g.WaitFor == nil || g.WaitFor.Duration <= 0 {
		return GateWaitFor
	}
	return g.WaitFor.Duration
}
