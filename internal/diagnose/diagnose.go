// Package diagnose says why a preview does not work: objects and their events
// in, a tree with findings out; no cluster.
//
//	report := diagnose.Explain(root, time.Now())
//	report.Findings[0].Words   // image registry.example.com/api:pr-1234 does not exist
//	report.Findings[0].Advice  // let CI push it, or correct the image's name
//
// A tree runs from the pull request to the pods. Each node is asked the causes
// of causes.go, one function each; the first that fits is its finding. What only
// says that something below has failed is left out where that is found itself.
package diagnose

import (
	"slices"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
)

// Node is an object of a chain, or one that should be there.
type Node struct {
	ID object.Ref
	// Object as it is stored; nil when there is none, or it could not be read.
	Object *unstructured.Unstructured
	// Unread says why the object could not be read; "" where it is not there.
	Unread string
	// NotApplied: it may never have been made, as its preview has not been applied.
	NotApplied bool
	// Ended says of an object that ran once, and went by itself, how: Succeeded or
	// Failed.
	Ended string
	// Preview is, on a ResourceSet, what it says of the one preview.
	Preview *v1.PreviewStatus
	// Events of the object, oldest first.
	Events []corev1.Event
	// Needs are what the object refers to: the source of a deployer, its
	// dependencies.
	Needs []*Node
	// Children are what it made.
	Children []*Node
}

// State is what a node is in.
type State string

// States, from good to bad.
const (
	Ready       State = "Ready"
	Ended       State = "Ended"
	Progressing State = "Progressing"
	Suspended   State = "Suspended"
	Terminating State = "Terminating"
	Unknown     State = "Unknown"
	Missing     State = "Missing"
	Failing     State = "Failing"
)

// Finding is a cause that was found.
type Finding struct {
	// Cause in one word, such as ImageNotFound.
	Cause string
	// On is the object that it was found on.
	On object.Ref
	// Also are others with just the same.
	Also []object.Ref
	// Words say what is wrong, Advice what to do. A command stands in backticks, and
	// PREVIEW in it for the name of the preview, which an object does not know.
	Words, Advice string
	// Since is when it began; zero when that is not known.
	Since time.Time
}

// Judged is a node and what was made of it.
type Judged struct {
	*Node
	State State
	// Message is the cause that was found, or what the object says itself; ""
	// where there is nothing to say.
	Message string
	// Since is when the state began; zero when that is not known.
	Since    time.Time
	Children []*Judged
}

// Report is a tree and the findings in it, the most telling first.
type Report struct {
	Root     *Judged
	Findings []Finding
}

// Explain judges a tree.
func Explain(root *Node, now time.Time) Report {
	run := explaining{now: now}
	judged := run.judge(root)
	return Report{Root: judged, Findings: slices.Concat(run.found, run.vague)}
}

// explaining gathers findings.
type explaining struct {
	now time.Time
	// found are causes; vague are those that only tell what follows from others.
	found, vague []Finding
}

// judge judges what a node made before the node itself: what follows from a
// cause below it is no cause.
func (e *explaining) judge(n *Node) *Judged {
	before := len(e.found)
	out := &Judged{Node: n}
	for _, child := range n.Children {
		out.Children = append(out.Children, e.judge(child))
	}
	out.State, out.Message, out.Since = stateOf(n)
	finding, cause := e.first(n)
	if finding == nil {
		return out
	}
	out.State, out.Since = worse(out.State), sinceOf(*finding, out.Since)
	switch {
	case !cause.follows:
		out.Message = finding.Words
		e.add(*finding)
	case len(e.found) == before:
		e.vague = append(e.vague, *finding)
	}
	return out
}

// first returns the first cause that fits a node.
func (e *explaining) first(n *Node) (*Finding, cause) {
	for _, c := range causes() {
		if symptom := c.find(n, e.now); symptom != nil {
			return &Finding{Cause: c.name, On: n.ID, Words: symptom.words, Advice: symptom.advice, Since: symptom.since}, c
		}
	}
	return nil, cause{}
}

// add adds a finding, or adds its object to one that says just the same.
func (e *explaining) add(f Finding) {
	for i := range e.found {
		known := &e.found[i]
		if known.Cause == f.Cause && known.Words == f.Words && known.On.GroupKind() == f.On.GroupKind() {
			known.Also = append(known.Also, f.On)
			if !f.Since.IsZero() && f.Since.Before(known.Since) {
				known.Since = f.Since
			}
			return
		}
	}
	e.found = append(e.found, f)
}

// worse is the state of an object that a cause was found on.
func worse(s State) State {
	switch s {
	case Missing, Suspended, Terminating:
		return s
	default:
		return Failing
	}
}

func sinceOf(f Finding, state time.Time) time.Time {
	if f.Since.IsZero() {
		return state
	}
	return f.Since
}

// stateOf is the state that an object itself claims.
func stateOf(n *Node) (State, string, time.Time) {
	switch {
	case n.Object == nil && n.Unread != "":
		return Unknown, n.Unread, time.Time{}
	case n.Object == nil && n.Ended == "Succeeded":
		return Ended, "it succeeded, and has gone since", time.Time{}
	case n.Object == nil && n.Ended != "":
		return Failing, "it failed, and has gone since", time.Time{}
	case n.Object == nil:
		return Missing, "it is not in the cluster", time.Time{}
	case n.Object.GetDeletionTimestamp() != nil:
		return Terminating, "it is being deleted", n.Object.GetDeletionTimestamp().Time
	case isSuspended(n.Object):
		return Suspended, "it is suspended", time.Time{}
	case n.Preview != nil:
		return previewState(n.Preview)
	}
	return claimed(n.Object)
}

func previewState(p *v1.PreviewStatus) (State, string, time.Time) {
	switch p.Ready {
	case "True":
		return Ready, "", p.LastTransitionTime.Time
	case "False":
		return Failing, p.Message, p.LastTransitionTime.Time
	default:
		return Progressing, p.Message, p.LastTransitionTime.Time
	}
}

// claimed asks kstatus, and the Ready condition when and why.
func claimed(o *unstructured.Unstructured) (State, string, time.Time) {
	ready, has := conditionOf(o, "Ready")
	result, err := status.Compute(o)
	if err != nil {
		return Unknown, err.Error(), time.Time{}
	}
	message := result.Message
	if has && ready.Message != "" {
		message = ready.Message
	}
	switch result.Status {
	case status.CurrentStatus:
		return Ready, "", ready.since()
	case status.FailedStatus:
		return Failing, message, ready.since()
	case status.TerminatingStatus:
		return Terminating, message, ready.since()
	case status.InProgressStatus:
		// A pod that starts is not ready either: its containers tell whether it will be.
		if has && ready.Status == "False" && o.GetKind() != "Pod" {
			return Failing, message, ready.since()
		}
		return Progressing, message, ready.since()
	default:
		return Unknown, message, ready.since()
	}
}
