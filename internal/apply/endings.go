package apply

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/eddy-previews/eddy/internal/object"
)

// Ending is how an object that runs once came to its end; "" when it has not.
type Ending string

// Endings, and no others.
const (
	Succeeded Ending = "Succeeded"
	Failed    Ending = "Failed"
)

// transient is a kind whose objects run to an end, and go by themselves then. One
// that was seen to end is done: that it is gone is no reason to make it anew.
type transient struct {
	// goes reports whether an object of the kind goes by itself.
	goes func(want *unstructured.Unstructured) bool
	// ended reads how it ended from its status.
	ended func(is *unstructured.Unstructured) Ending
}

var transients = map[schema.GroupKind]transient{
	// after its time to live; without one, who deletes it wants it to run again
	{Group: "batch", Kind: "Job"}: {goes: hasTimeToLive, ended: byConditions("Complete", "Failed")},
	// with its node, or when too many have ended. One that was evicted has not
	// done its work.
	{Kind: "Pod"}: {goes: isNotRestarted, ended: byPhase("Succeeded")},
	// an hour after it was issued or denied
	{Group: "certificates.k8s.io", Kind: "CertificateSigningRequest"}: {goes: always, ended: signed},
	// after ttlStrategy, or as the controller's retention says
	{Group: "argoproj.io", Kind: "Workflow"}: {goes: always, ended: byPhase("Succeeded", "Failed", "Error")},
	// as Tekton's pruner says
	{Group: "tekton.dev", Kind: "PipelineRun"}: {goes: always, ended: bySucceeded},
	{Group: "tekton.dev", Kind: "TaskRun"}:     {goes: always, ended: bySucceeded},
}

// RunsOnce reports whether objects of a kind may run to an end and go then, so
// that their status has to be watched to know which it was.
func RunsOnce(kind schema.GroupKind) bool {
	_, known := transients[kind]
	return known
}

// EndingOf returns how an object has ended by its status, the only part that is
// needed of it.
func EndingOf(is *unstructured.Unstructured) Ending {
	kind, known := transients[is.GroupVersionKind().GroupKind()]
	if !known {
		return ""
	}
	return kind.ended(is)
}

// goesByItself reports whether an object goes once it has ended.
func goesByItself(want *unstructured.Unstructured) bool {
	kind, known := transients[want.GroupVersionKind().GroupKind()]
	return known && kind.goes(want)
}

func always(*unstructured.Unstructured) bool { return true }

func hasTimeToLive(job *unstructured.Unstructured) bool {
	_, limited, err := unstructured.NestedFieldNoCopy(job.Object, "spec", "ttlSecondsAfterFinished")
	return limited && err == nil
}

func isNotRestarted(pod *unstructured.Unstructured) bool {
	policy, _, _ := unstructured.NestedString(pod.Object, "spec", "restartPolicy") // the default is Always
	return policy == "Never" || policy == "OnFailure"
}

// byPhase reads status.phase: one that means success, others that mean failure.
func byPhase(succeeded string, failed ...string) func(*unstructured.Unstructured) Ending {
	return func(is *unstructured.Unstructured) Ending {
		phase, _, _ := unstructured.NestedString(is.Object, "status", "phase") // without any it has not
		for _, one := range failed {
			if phase == one {
				return Failed
			}
		}
		if phase == succeeded {
			return Succeeded
		}
		return ""
	}
}

// byConditions reads two conditions, one of which is true in the end.
func byConditions(succeeded, failed string) func(*unstructured.Unstructured) Ending {
	return func(is *unstructured.Unstructured) Ending {
		switch {
		case conditionOf(is, succeeded) == "True":
			return Succeeded
		case conditionOf(is, failed) == "True":
			return Failed
		default:
			return ""
		}
	}
}

// bySucceeded reads the one condition that is true or false in the end.
func bySucceeded(is *unstructured.Unstructured) Ending {
	switch conditionOf(is, "Succeeded") {
	case "True":
		return Succeeded
	case "False":
		return Failed
	default:
		return ""
	}
}

func signed(request *unstructured.Unstructured) Ending {
	certificate, _, _ := unstructured.NestedString(request.Object, "status", "certificate") // without any it is not
	switch {
	case certificate != "":
		return Succeeded
	case conditionOf(request, "Denied") == "True", conditionOf(request, "Failed") == "True":
		return Failed
	default:
		return ""
	}
}

// conditionOf returns the status of a condition, "" without it.
func conditionOf(is *unstructured.Unstructured, kind string) string {
	conditions, _, _ := unstructured.NestedSlice(is.Object, "status", "conditions") // without any it has not
	for _, item := range conditions {
		if condition, ok := item.(map[string]any); ok && condition["type"] == kind {
			state, _ := condition["status"].(string)
			return state
		}
	}
	return ""
}

// Sighting is an object that somebody saw, and how it had ended then.
type Sighting struct {
	UID    types.UID
	Ending Ending
}

// isDone reports whether an object has run to its end as it is wanted now, and
// has gone by itself. One that failed, and is to be made anew then, is as long as it
// rests.
func (r *applyRun) isDone(o Object, was *Meta) bool {
	if was != nil || !goesByItself(o.Unstructured) {
		return false
	}
	if r.Witness != nil {
		if seen, ok := r.Witness(o.Ref()); ok && r.Memory.isWhatWasApplied(o, seen.UID) {
			r.Memory.noteEnding(o, seen.Ending)
		}
	}
	switch r.Memory.ending(o) {
	case Succeeded:
		return true
	case Failed:
		last, _ := r.Memory.traceOf(o.Ref())
		return !isRetriedJob(o.Unstructured) || r.rests(o, last.uid)
	default:
		return false
	}
}

// noteEnding remembers how an object has ended that is still there.
func (r *applyRun) noteEnding(ctx context.Context, o Object, was *Meta) {
	if was == nil || !goesByItself(o.Unstructured) || r.Memory.ending(o) != "" {
		return
	}
	ref := o.Ref()
	if is := r.Live.stored[ref]; is != nil {
		r.Memory.noteEnding(o, EndingOf(is))
		return
	}
	if r.Witness != nil {
		if seen, ok := r.Witness(ref); ok {
			if seen.UID == was.UID {
				r.Memory.noteEnding(o, seen.Ending)
			}
			return
		}
	}
	if r.Memory.examined(ref, was.ResourceVersion) {
		return
	}
	if is, err := r.Read(ctx, ref, o.GroupVersionKind().Version); err == nil && is != nil { // else it is looked at again
		r.Memory.noteEnding(o, EndingOf(is))
	}
}

// short is how much of a digest tells one rendering of an object from another.
const short = 8

// ended is an ending as the inventory holds it, with the digest of what ended:
// Succeeded:0123456789abcdef.
func ended(ending Ending, of Digest) string {
	return fmt.Sprintf("%s:%x", ending, of[:short])
}

// Recall brings back what an inventory says of objects that have ended.
func (m *Memory) Recall(inventory Inventory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, entry := range inventory {
		if entry.Ended != "" && m.ended[entry.Ref] == "" {
			m.ended[entry.Ref] = entry.Ended
		}
	}
}

// Endings returns an inventory that says of its objects which have ended.
func (m *Memory) Endings(inventory Inventory) Inventory {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range inventory {
		inventory[i].Ended = m.ended[inventory[i].Ref]
	}
	return inventory
}

// ending returns how an object ended as it is wanted now.
func (m *Memory) ending(want Object) Ending {
	if m == nil {
		return ""
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.ended[want.Ref()]
	how, _, _ := strings.Cut(known, ":")
	if known == "" || known != ended(Ending(how), want.Digest) {
		return ""
	}
	return Ending(how)
}

// withoutGone leaves out objects that have ended and gone: there is nothing to
// read of them. Those that failed are returned beside.
func (m *Memory) withoutGone(objects []Object, live Live) (there, failed []Object) {
	for _, o := range objects {
		switch ending := m.ending(o); {
		case ending == "" || live.Get(o.Ref()) != nil:
			there = append(there, o)
		case ending == Failed:
			failed = append(failed, o)
		}
	}
	return there, failed
}

// goneFailed is the health of an object that failed and has gone.
func goneFailed(o Object) Unready {
	when := "when something else is rendered for it"
	if isRetriedJob(o.Unstructured) {
		when = "after a pause"
	}
	return Unready{Ref: o.Ref(), Failed: true, Why: "it failed, and has gone since; it is made anew " + when}
}

func (m *Memory) noteEnding(want Object, ending Ending) {
	if m == nil || ending == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended[want.Ref()] = ended(ending, want.Digest)
}

// noteStart forgets how an object ended before it was written; it may be one that
// has ended and stays so.
func (m *Memory) noteStart(want Object, ending Ending) {
	if m == nil {
		return
	}
	m.mu.Lock()
	delete(m.ended, want.Ref())
	m.mu.Unlock()
	if goesByItself(want.Unstructured) {
		m.noteEnding(want, ending)
	}
}

// isWhatWasApplied reports whether a UID is that of the object that was applied,
// as it is wanted now.
func (m *Memory) isWhatWasApplied(want Object, uid types.UID) bool {
	trace, known := m.traceOf(want.Ref())
	return known && trace.uid == uid && trace.digest == want.Digest
}

// examined reports whether an object was looked at in a version, and notes that
// it is now.
func (m *Memory) examined(ref object.Ref, version string) bool {
	if m == nil {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	trace, known := m.applied[ref]
	if !known || trace.examined == version {
		return known
	}
	trace.examined = version
	m.applied[ref] = trace
	return false
}
