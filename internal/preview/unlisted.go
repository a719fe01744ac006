package preview

import (
	"fmt"
	"slices"

	"github.com/fluxcd/pkg/apis/meta"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// lines returns what a set says of its previews, and what is to be said of those
// that are in its inventory alone.
func (s Snapshot) lines(set v1.ResourceSet, inputs inputsByKey) []v1.PreviewStatus {
	out := slices.Clone(set.Status.Previews)
	known := map[string]bool{"": true}
	for i, line := range out {
		known[KeyOf(line).String()] = true
		out[i] = rested(set, line)
	}
	for _, entry := range EntriesOf(set.Status.Inventory) {
		if known[entry.Input] {
			continue
		}
		known[entry.Input] = true
		key := ParseKey(entry.Input)
		line := s.unlisted(set, key.Parts(), inputs)
		line.Provider, line.ID = key.Provider, key.ID
		out = append(out, line)
	}
	return out
}

// rested is a line as it is to be read while the set is suspended: what was under way
// then is brought to no end.
func rested(set v1.ResourceSet, line v1.PreviewStatus) v1.PreviewStatus {
	if !set.IsDisabled() || !set.DeletionTimestamp.IsZero() || line.Ready != metav1.ConditionUnknown {
		return line
	}
	said := ""
	if line.Message != "" {
		said = "; before that it said: " + line.Message
	}
	line.Reason, line.Message = v1.ReasonReconciliationDisabled, "the ResourceSet is suspended, and nothing is brought up to date"+said
	return line
}

// unlisted says of a preview why the set owns objects of it and says nothing. The
// first that fits is so; torn down is only what nobody exports any more.
func (s Snapshot) unlisted(set v1.ResourceSet, parts []Key, inputs inputsByKey) v1.PreviewStatus {
	counts := set.Status.PreviewCounts
	switch {
	case !set.DeletionTimestamp.IsZero():
		return underway(reasonTerminating, "the ResourceSet is being deleted"+saidOf(set, v1.ReasonUninstallationBlocked))
	case counts != nil && counts.Listed < counts.Total: // the status has no room for it
		return v1.PreviewStatus{Ready: metav1.ConditionTrue, Reason: meta.ReconciliationSucceededReason}
	case set.IsDisabled():
		return underway(v1.ReasonReconciliationDisabled, "the ResourceSet is suspended: what was deployed stays, and nothing is brought up to date")
	}
	asked := true
	for _, part := range parts {
		if why := s.silent(set, part.Provider); why != "" {
			return underway(v1.ReasonInputsNotReady, why+": what was deployed stays")
		}
		_, exported := inputs[placed{set.Namespace, part}]
		asked = asked && exported && s.uses(set, part.Provider)
	}
	if !asked {
		return underway(reasonTerminating, "no input asks for it any more: it is being torn down")
	}
	ready := readyOf(set)
	if ready == nil || ready.Status == metav1.ConditionTrue {
		return underway(meta.ProgressingReason, "it is being applied for the first time")
	}
	return v1.PreviewStatus{
		Ready: ready.Status, Reason: ready.Reason, LastTransitionTime: ready.LastTransitionTime,
		Message: "it has not been applied yet: " + ready.Message,
	}
}

func underway(reason, message string) v1.PreviewStatus {
	return v1.PreviewStatus{Ready: metav1.ConditionUnknown, Reason: reason, Message: message}
}

// saidOf returns what the Ready condition says for one reason, after a colon.
func saidOf(set v1.ResourceSet, reason string) string {
	ready := readyOf(set)
	if ready == nil || ready.Reason != reason {
		return ""
	}
	return ": " + ready.Message
}

func readyOf(set v1.ResourceSet) *metav1.Condition {
	return apimeta.FindStatusCondition(set.Status.Conditions, meta.ReadyCondition)
}

// uses reports whether a set takes inputs from a source of that name.
func (s Snapshot) uses(set v1.ResourceSet, source string) bool {
	provider := s.provider(set.Namespace, source)
	return (source == set.Name && len(set.Spec.Inputs) > 0) || (provider != nil && set.RefersTo(provider))
}

// silent says why it is not known what a source asks for; "" when it is.
func (s Snapshot) silent(set v1.ResourceSet, source string) string {
	named := func(ref v1.InputProviderReference) bool { return ref.Selector == nil && ref.Name == source }
	switch provider := s.provider(set.Namespace, source); {
	case provider == nil && slices.ContainsFunc(set.Spec.InputsFrom, named):
		return fmt.Sprintf("its provider %s does not exist", source)
	case provider != nil && set.RefersTo(provider) && !provider.HasReported():
		return fmt.Sprintf("its provider %s has not reported yet", source)
	default:
		return ""
	}
}

func (s Snapshot) provider(namespace, name string) *v1.ResourceSetInputProvider {
	for i := range s.Providers {
		if s.Providers[i].Namespace == namespace && s.Providers[i].Name == name {
			return &s.Providers[i]
		}
	}
	return nil
}
