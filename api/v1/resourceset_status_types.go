package v1

import (
	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ResourceSetStatus is what a ResourceSet has come to.
type ResourceSetStatus struct {
	meta.ReconcileRequestStatus `json:",inline"`

	// Conditions of the ResourceSet: Ready, Reconciling, Stalled.
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// Shard is the lease of the operator that works on the set, where several share
	// the sets by --watch-label-selector. Another one waits until it has let go.
	// +optional
	Shard string `json:"shard,omitempty"`

	// Inventory lists every object that the ResourceSet owns.
	// +optional
	Inventory *ResourceInventory `json:"inventory,omitempty"`

	// Previews lists what each input set has come to, in the order of the
	// inputs. Those that are not ready are always listed; of the others, as many
	// as fit into the object: see previewCounts.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:pruning:PreserveUnknownFields
	// +optional
	Previews PreviewLines `json:"previews,omitempty"`

	// PreviewCounts counts all previews, those that are not listed included.
	// +optional
	PreviewCounts *PreviewCounts `json:"previewCounts,omitempty"`

	// LastAppliedRevision is the digest of the objects last applied, sha256:HEX.
	// +optional
	LastAppliedRevision string `json:"lastAppliedRevision,omitempty"`

	// ExternalChecksumRefs are the ConfigMaps and Secrets outside the set
	// whose checksums it carries, as Kind/namespace/name.
	// +optional
	ExternalChecksumRefs []string `json:"externalChecksumRefs,omitempty"`

	// History holds the last five distinct outcomes, newest first.
	// +optional
	History meta.History `json:"history,omitempty"`
}

// PreviewStatus is what one input set has come to.
type PreviewStatus struct {
	// ID of the input set; where it has none, # and its position.
	ID string `json:"id"`

	// Provider is the name of the object that the input set comes from: a
	// ResourceSetInputProvider, or the ResourceSet itself; of a permutation, the
	// names and ids of the input sets that it combines: api=12/web=7.
	Provider string `json:"provider"`

	// Ready is True when the preview's objects are applied, where the ResourceSet
	// waits, ready, and where spec.readiness asks for it, what they deployed runs;
	// False when they could not be, or it does not; Unknown meanwhile.
	// +kubebuilder:validation:Enum=True;False;Unknown
	Ready metav1.ConditionStatus `json:"ready"`

	// Reason is the cause of Ready in one word.
	Reason string `json:"reason"`

	// Message says to a person why, and what to do.
	// +optional
	Message string `json:"message,omitempty"`

	// Objects is how many objects of the preview the ResourceSet owns.
	Objects int64 `json:"objects"`

	// Revision is the digest of the preview's objects, sha256:HEX.
	// +optional
	Revision string `json:"revision,omitempty"`

	// SHA is the commit of the input set, where it has one; of a permutation that of the
	// input that has one, or of several PROVIDER=SHA/PROVIDER=SHA.
	// +optional
	SHA string `json:"sha,omitempty"`

	// ReadySHA is the commit at which the preview was ready last, where
	// spec.readiness is set.
	// +optional
	ReadySHA string `json:"readySHA,omitempty"`

	// URL is where the preview answers, when that is known.
	// +optional
	URL string `json:"url,omitempty"`

	// LastTransitionTime is when Ready last changed.
	LastTransitionTime metav1.Time `json:"lastTransitionTime"`
}

// PreviewCounts says how many previews there are, by what they came to.
type PreviewCounts struct {
	// Total of all previews.
	Total int64 `json:"total"`

	// Ready is how many are ready.
	Ready int64 `json:"ready"`

	// Failed is how many are not.
	Failed int64 `json:"failed"`

	// Unknown is how many have yet to become one or the other.
	Unknown int64 `json:"unknown"`

	// Listed is how many are in the list.
	Listed int64 `json:"listed"`
}

// ResourceInventory lists objects.
type ResourceInventory struct {
	// Entries of the inventory.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:pruning:PreserveUnknownFields
	Entries ResourceRefs `json:"entries"`
}

// ResourceRef names one object.
type ResourceRef struct {
	// ID is namespace_name_group_Kind.
	ID string `json:"id"`

	// Version is the API version without the group.
	Version string `json:"v"`

	// Input is the key of the input set that asked for the object, so that a
	// preview that fails keeps what it had; empty when none is known.
	// +optional
	Input string `json:"in,omitempty"`

	// Shared says that other input sets asked for the object as well: it stays while
	// one that may be among them cannot be rendered.
	// +optional
	Shared bool `json:"shared,omitempty"`

	// Ended says of an object that runs once and goes by itself, such as a Job with
	// ttlSecondsAfterFinished, that it was seen to end: Succeeded or Failed, a colon,
	// and the digest of what was rendered for it. It is not made anew until that
	// changes.
	// +optional
	Ended string `json:"ended,omitempty"`
}
