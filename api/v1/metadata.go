package v1

import (
	"strings"
	"time"
)

// Annotations that people and tools set on the two kinds and on rendered objects.
const (
	// ReconcileAnnotation suspends a ResourceSet or a provider when its value
	// is "disabled", and leaves a rendered object out of its set.
	ReconcileAnnotation = Group + "/reconcile"
	// ReconcileEveryAnnotation is the interval between runs, a Go duration.
	ReconcileEveryAnnotation = Group + "/reconcileEvery"
	// ReconcileTimeoutAnnotation bounds one run, a Go duration.
	ReconcileTimeoutAnnotation = Group + "/reconcileTimeout"
	// ForceAnnotation, when "enabled", recreates an object whose immutable
	// fields changed; on a ResourceSet that is being deleted it gives up the
	// objects that cannot be deleted.
	ForceAnnotation = Group + "/force"
	// PruneAnnotation, when "disabled" on an object in the cluster, protects it
	// from deletion; when "enabled", an object that was adopted is deleted as if
	// the ResourceSet had made it.
	PruneAnnotation = Group + "/prune"
	// AdoptedAnnotation marks an object that was there before the ResourceSet
	// which applies it, and which is let go, not deleted, in the end. Eddy sets it.
	AdoptedAnnotation = Group + "/adopted"
	// HandOverAnnotation, on an object in the cluster, names the ResourceSet, as
	// namespace/name, that may take it over whoever has it.
	HandOverAnnotation = Group + "/handOverTo"
	// CopyFromAnnotation fills a rendered ConfigMap or Secret from another one,
	// given as namespace/name.
	CopyFromAnnotation = Group + "/copyFrom"
	// ConvertKubeConfigFromAnnotation fills a rendered ConfigMap with the
	// address and authority of a kubeconfig in a Secret.
	ConvertKubeConfigFromAnnotation = Group + "/convertKubeConfigFrom"
	// ShardLabel names the shard that works on an object, as Flux has it. What a
	// ResourceSet stamps out bears that of the set, unless its template names another.
	ShardLabel = "sharding.fluxcd.io/key"

	// WatchLabel with the value Enabled makes a ConfigMap or Secret wake, when it
	// changes, the ResourceSets that take something from it.
	WatchLabel = "reconcile.fluxcd.io/watch"
	// ChecksumFromAnnotation puts the checksum of ConfigMaps and Secrets beside
	// itself, given as Kind/namespace/name and separated by commas.
	ChecksumFromAnnotation = Group + "/checksumFrom"
	// ChecksumAnnotation is that checksum, sha256:HEX.
	ChecksumAnnotation = Group + "/checksum"
	// RecreateOnFailureAnnotation, when "enabled" on a rendered Job, deletes one
	// that has failed before it is applied again.
	RecreateOnFailureAnnotation = Group + "/recreateOnFailure"
	// SuspendedByAnnotation names who suspended an object, for people.
	SuspendedByAnnotation = Group + "/suspendedBy"
	// RevisionAnnotation carries a digest on events.
	RevisionAnnotation = Group + "/revision"
)

// Values of the annotations above.
const (
	EnabledValue  = "enabled"
	DisabledValue = "disabled"
)

// Finalizer keeps an object of either kind until Eddy has cleaned up after it.
const Finalizer = Group + "/finalizer"

// OwnerLabelPrefix is the prefix of the labels that name the ResourceSet which
// owns an object; they end in "/name" and "/namespace".
const OwnerLabelPrefix = "resourceset." + Group

// Reasons of conditions and events, beside those of Flux.
const (
	ReasonReconciliationDisabled  = "ReconciliationDisabled"
	ReasonInvalidSpec             = "InvalidSpec"
	ReasonInvalidSchedule         = "InvalidSchedule"
	ReasonSkippedDueToSchedule    = "SkippedDueToSchedule"
	ReasonInvalidDefaultValues    = "InvalidDefaultValues"
	ReasonInvalidExportedInputs   = "InvalidExportedInputs"
	ReasonApplySucceeded          = "ApplySucceeded"
	ReasonIDCollision             = "IDCollision"
	ReasonRequestHeld             = "RequestHeld"
	ReasonEvidenceOverdue         = "EvidenceOverdue"
	ReasonInputsNotReady          = "InputsNotReady"
	ReasonDeploying               = "Deploying"
	ReasonDeployFailed            = "DeployFailed"
	ReasonRolloutFailed           = "RolloutFailed"
	ReasonNotAnswering            = "NotAnswering"
	ReasonPreviewsFailed          = "PreviewsFailed"
	ReasonStatusNotWritten        = "StatusNotWritten"
	ReasonUninstallationSucceeded = "UninstallationSucceeded"
	ReasonUninstallationBlocked   = "UninstallationBlocked"
	ReasonShardsOverlap           = "ShardsOverlap"
)

// Reasons of what is held: see ResourceSetInputProviderStatus.Held.
const (
	// HeldLabelMissing: it lacks a label that spec.skip.labels requires.
	HeldLabelMissing = "LabelMissing"
	// HeldPaused: it has a label of spec.skip.labels.
	HeldPaused = "Paused"
	// HeldQueued: as many as spec.filter.limit have a place.
	HeldQueued = "Queued"
	// HeldNoCommit: the forge has yet to tell its commit.
	HeldNoCommit = "NoCommit"
	// HeldNotComputed: the forge has yet to tell which files it changes.
	HeldNotComputed = "NotComputed"
	// HeldWaitingForApproval: nobody who may has approved of its commit.
	HeldWaitingForApproval = "WaitingForApproval"
	// HeldWaitingForImage: an image of spec.gate was not built of its commit yet.
	HeldWaitingForImage = "WaitingForImage"
	// HeldWaitingForCheck: a check of spec.gate has not ended yet on its commit, or none
	// of that name is there.
	HeldWaitingForCheck = "WaitingForCheck"
	// HeldCheckFailed: a check of spec.gate has failed on its commit.
	HeldCheckFailed = "CheckFailed"
	// HeldEvidenceUnavailable: whether it was built cannot be told now.
	HeldEvidenceUnavailable = "EvidenceUnavailable"
	// HeldNotStorable: what the forge tells of it cannot be stored.
	HeldNotStorable = "NotStorable"
	// HeldNoRoom: it does not fit into the provider beside the others.
	HeldNoRoom = "NoRoom"
)

// IsDisabled reports whether annotations suspend the object that carries them.
func IsDisabled(annotations map[string]string) bool {
	return strings.EqualFold(annotations[ReconcileAnnotation], DisabledValue)
}

// IsForced reports whether annotations ask for recreation on immutable fields.
func IsForced(annotations map[string]string) bool {
	return strings.EqualFold(annotations[ForceAnnotation], EnabledValue)
}

// durationAnnotation reads a positive duration; anything else is the default,
// so that a typing error slows a preview down rather than stopping it.
func durationAnnotation(annotations map[string]string, key string, def time.Duration) time.Duration {
	d, err := time.ParseDuration(annotations[key])
	if err != nil || d <= 0 {
		return def
	}
	return d
}

// Annotations lists those of Eddy's own group.
func Annotations() []string {
	return []string{
		ReconcileAnnotation, ReconcileEveryAnnotation, ReconcileTimeoutAnnotation, ForceAnnotation, PruneAnnotation, AdoptedAnnotation,
		HandOverAnnotation, CopyFromAnnotation, ConvertKubeConfigFromAnnotation, ChecksumFromAnnotation, ChecksumAnnotation,
		RecreateOnFailureAnnotation, SuspendedByAnnotation, RevisionAnnotation,
	}
}
