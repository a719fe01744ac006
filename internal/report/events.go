package report

import (
	"fmt"
	"time"

	eventv1 "github.com/fluxcd/pkg/apis/event/v1beta1"
	corev1 "k8s.io/api/core/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/few"
	"github.com/eddy-previews/eddy/internal/identity"
)

// Event is something that is made known of an object, to people and to Flux's
// notifications. A run collects the events of what it did, each once, and they are
// recorded when it is closed.
type Event struct {
	// Type is Normal or Warning.
	Type, Reason, Message string
	// Revision is the digest of what was exported or applied, if any.
	Revision string
	// AfterSave says that it is true only once the status is written, and found
	// out again when that fails. What was done in the cluster is done.
	AfterSave bool
}

// maxLines bounds how many changes one event lists.
const maxLines = 100

// Applied tells what was created, changed or deleted, a line each; nothing when
// nothing was.
func Applied[T fmt.Stringer](changes []T, revision string) []Event {
	if len(changes) == 0 {
		return nil
	}
	message := few.Each(changes, maxLines, "\n", T.String)
	return []Event{{Type: corev1.EventTypeNormal, Reason: v1.ReasonApplySucceeded, Message: message, Revision: revision}}
}

// Collided tells which inputs got an id of their own, as another has the one
// that they would have.
func Collided(collisions []identity.Collision) []Event {
	if len(collisions) == 0 {
		return nil
	}
	return []Event{{Type: corev1.EventTypeNormal, Reason: v1.ReasonIDCollision, Message: identity.Tell(collisions), AfterSave: true}}
}

// maxHeldLines bounds how many held requests one event lists.
const maxHeldLines = 20

// Held tells which requests are held since the last run, or for another reason
// than before, a line each.
func Held(news []v1.HeldRequest) []Event {
	if len(news) == 0 {
		return nil
	}
	message := few.Each(news, maxHeldLines, "\n", func(one v1.HeldRequest) string { return one.ID + " " + one.Message })
	return []Event{{Type: corev1.EventTypeNormal, Reason: v1.ReasonRequestHeld, Message: message, AfterSave: true}}
}

// Overdue warns of requests whose evidence was waited for in vain, a line each.
func Overdue(lines []string) []Event {
	if len(lines) == 0 {
		return nil
	}
	message := few.Of(lines, maxHeldLines, "\n")
	return []Event{{Type: corev1.EventTypeWarning, Reason: v1.ReasonEvidenceOverdue, Message: message, AfterSave: true}}
}

// Uninstalled tells that all that an object owned is gone.
func Uninstalled(took time.Duration) Event {
	return Event{
		Type: corev1.EventTypeNormal, Reason: v1.ReasonUninstallationSucceeded,
		Message: fmt.Sprintf("Uninstallation completed in %s", rounded(took)),
	}
}

// LeftBehind warns of what nobody will delete: why, and what, where that is known.
func LeftBehind(because, objects string) Event {
	message := "Left behind, as " + because
	if objects != "" {
		message += ": " + objects
	}
	return Event{Type: corev1.EventTypeWarning, Reason: v1.ReasonUninstallationBlocked, Message: message}
}

// Overlapped warns of a set that two operators select.
func Overlapped(other string) Event {
	return Event{Type: corev1.EventTypeWarning, Reason: v1.ReasonShardsOverlap, Message: fmt.Sprintf(
		"The operator with the lease %s is at work and has the ResourceSet, which this operator selects too: see that no two select one by --watch-label-selector; beside shards, an operator for all others has '!%s'",
		other, v1.ShardLabel)}
}

// disabled warns who asks for a run of what is suspended.
func disabled() Event {
	return Event{Type: corev1.EventTypeWarning, Reason: v1.ReasonReconciliationDisabled, Message: "Reconciliation is disabled"}
}

// concluded tells what a run came to.
func concluded(outcome Outcome) Event {
	event := Event{Type: corev1.EventTypeNormal, Reason: outcome.Reason, Message: outcome.Message, Revision: outcome.Revision}
	if outcome.Kind == Failed || outcome.Kind == Stalled {
		event.Type = corev1.EventTypeWarning
	}
	if outcome.Kind == Ready && outcome.Revision != "" {
		event.Message += ", revision " + outcome.Revision
	}
	return event
}

// annotations are what the event tells a machine.
func (e Event) annotations() map[string]string {
	if e.Revision == "" {
		return map[string]string{}
	}
	return map[string]string{
		eventv1.Group + "/" + eventv1.MetaRevisionKey: e.Revision,
		v1.RevisionAnnotation:                         e.Revision,
	}
}

// Tell records events of an object.
func (r *Reporter) Tell(obj Object, events ...Event) {
	for _, e := range events {
		r.Events.AnnotatedEventf(obj, e.annotations(), e.Type, e.Reason, "%s", e.Message)
	}
}

// events are those that are told whatever becomes of the status, and those that
// are told once it is written.
func (o Outcome) events() (first, then []Event) {
	for _, event := range o.Events {
		if event.AfterSave {
			then = append(then, event)
		} else {
			first = append(first, event)
		}
	}
	return first, then
}
