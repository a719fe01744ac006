package preview

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Held is why a request waits, as its provider says.
type Held struct {
	// Reason in one word, and for people what it waits for: "waits for the label …".
	Reason  string `json:"reason"`
	Message string `json:"message"`
	// Since is since when, and Next when it may be otherwise by itself; null where
	// that is not known.
	Since *metav1.Time `json:"since,omitempty"`
	Next  *metav1.Time `json:"nextCheckTime,omitempty"`
}

// IsHeld reports whether the request waits.
func (p View) IsHeld() bool { return p.Held != Held{} }

// HasPreview reports whether there is a preview of the request, whatever state it
// is in; without one, Held says why.
func (p View) HasPreview() bool { return !p.requestOnly }

// Standing says in one sentence how a request stands that is held, or whose preview
// is at another commit than it; "" of all others.
//
//	open, waits for the label build/image-ready (it has none)
//	at commit c0ffee1, and the request at 5eed000: waits for the label build/image-ready (it has none)
//	what is pushed next is held: is paused by the label hold
func (p View) Standing() string {
	switch {
	case !p.HasPreview():
		return "open, " + p.Held.Message
	case p.Head != "":
		return fmt.Sprintf("at commit %s, and the request at %s: %s", Short(p.Commit), Short(p.Head), p.behind)
	case p.IsHeld() && p.State() != Removed:
		return "what is pushed next is held: " + p.Held.Message
	case p.IsHeld():
		return "the request is open, and " + p.Held.Message
	default:
		return ""
	}
}

// Advice is what a person can do for a request that is held; "" for nothing.
func (h Held) Advice() string {
	switch h.Reason {
	case v1.HeldLabelMissing:
		return "set the label on the request; upper and lower case count"
	case v1.HeldPaused:
		return "take the label from the request, and its newest commit is deployed"
	case v1.HeldQueued:
		return "raise spec.filter.limit of the provider, or wait until another request is closed"
	case v1.HeldWaitingForApproval:
		return "look at that very commit, and approve of it as is said here, or with eddy approve"
	case v1.HeldWaitingForImage:
		return "see whether the build of that commit succeeded, and pushed the image under that very name"
	case v1.HeldWaitingForCheck:
		return "see whether CI runs for that commit, and says so under that very name"
	case v1.HeldCheckFailed:
		return "correct what failed and push, or let CI run again: the check is looked at again by itself"
	case v1.HeldEvidenceUnavailable:
		return "correct spec.gate of the provider or its credentials; what it asks for is looked for again by itself"
	case v1.HeldNotStorable, v1.HeldNoRoom:
		return "change what is named in the request, or the spec of its provider"
	default:
		return ""
	}
}

// stateOfHeld is the word for a request without a preview.
func (p View) stateOfHeld() State {
	switch p.Reason {
	case v1.HeldLabelMissing:
		return WaitingForLabel
	case v1.HeldPaused:
		return Paused
	case v1.HeldQueued:
		return Queued
	case v1.HeldNoCommit, v1.HeldNotComputed:
		return WaitingForForge
	case v1.HeldWaitingForApproval:
		return WaitingForApproval
	case v1.HeldWaitingForImage:
		return WaitingForImage
	case v1.HeldEvidenceUnavailable:
		return p.evidence
	case v1.HeldWaitingForCheck, v1.HeldCheckFailed:
		return WaitingForCheck
	default:
		return Failed
	}
}

// evidenceOf is what is waited for where it cannot be told whether it is there: the
// message says which of both where a gate wants both.
func evidenceOf(gate *v1.Gate) State {
	switch {
	case gate == nil, len(gate.Images) > 0 && len(gate.Checks) > 0:
		return WaitingForEvidence
	case len(gate.Images) > 0:
		return WaitingForImage
	default:
		return WaitingForCheck
	}
}

// Short is a commit as people write it.
func Short(sha string) string {
	const enough = 7
	if len(sha) > enough {
		return sha[:enough]
	}
	if sha == "" {
		return "(not known)"
	}
	return sha
}

// heldByKey are the lines of providers by what they are about.
type heldByKey map[placed]v1.HeldRequest

// held indexes what providers hold.
func (s Snapshot) held() heldByKey {
	out := heldByKey{}
	for _, provider := range s.Providers {
		for _, line := range provider.Status.Held {
			out[placed{provider.Namespace, Key{provider.Name, line.ID}}] = line
		}
	}
	return out
}

// lateness is why a set has not taken up yet what is exported.
func lateness(set v1.ResourceSet) string {
	ready := readyOf(set)
	switch {
	case set.IsDisabled():
		return "the ResourceSet is suspended"
	case ready != nil && ready.Status == metav1.ConditionFalse && ready.Reason != v1.ReasonPreviewsFailed:
		return "the ResourceSet is not up to date: " + ready.Message
	default:
		return "it is being deployed"
	}
}

func heldOf(line v1.HeldRequest) Held {
	out := Held{Reason: line.Reason, Message: line.Message, Next: line.NextCheckTime}
	if !line.Since.IsZero() {
		out.Since = &line.Since
	}
	return out
}

// waiting are the requests that have no preview, one for each set that would make
// one of it; known are the previews that there are.
func (s Snapshot) waiting(known []View) []View {
	type wanted struct {
		placed
		set string
	}
	there := map[wanted]bool{}
	for _, p := range known {
		for _, key := range p.Key().Parts() {
			there[wanted{placed{p.Namespace, key}, p.Set}] = true
		}
	}
	var out []View
	for _, provider := range s.Providers {
		for _, set := range s.Sets {
			if !set.RefersTo(&provider) {
				continue
			}
			for _, line := range provider.Status.Held {
				if !there[wanted{placed{provider.Namespace, Key{provider.Name, line.ID}}, set.Name}] {
					out = append(out, request(provider, set, line))
				}
			}
		}
	}
	return out
}

// request is the view of one that has no preview.
func request(provider v1.ResourceSetInputProvider, set v1.ResourceSet, line v1.HeldRequest) View {
	out := View{
		Namespace: provider.Namespace, Set: set.Name, Provider: provider.Name, ID: line.ID, Title: line.Title,
		Head: line.SHA, Held: heldOf(line), Ready: metav1.ConditionUnknown, Reason: line.Reason, requestOnly: true, evidence: evidenceOf(provider.Spec.Gate),
		Suspended: provider.IsDisabled() || set.IsDisabled(),
	}
	out.Since, out.Message = out.Held.Since, out.Standing()
	return out
}
