package diagnose

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
)

// condition is one line of status.conditions, whatever its kind.
type condition struct {
	Status, Reason, Message, Time string
}

func (c condition) since() time.Time {
	at, err := time.Parse(time.RFC3339, c.Time)
	if err != nil {
		return time.Time{} // not known
	}
	return at
}

func conditionOf(o *unstructured.Unstructured, name string) (condition, bool) {
	if o == nil {
		return condition{}, false
	}
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, item := range list {
		fields, _ := item.(map[string]any)
		text := func(key string) string { value, _ := fields[key].(string); return value }
		if text("type") == name {
			return condition{Status: text("status"), Reason: text("reason"), Message: text("message"), Time: text("lastTransitionTime")}, true
		}
	}
	return condition{}, false
}

// failedReady returns the Ready condition of an object that is not.
func failedReady(n *Node) (condition, bool) {
	ready, has := conditionOf(n.Object, "Ready")
	return ready, has && ready.Status == string(metav1.ConditionFalse)
}

// isSuspended reports whether an object of Eddy or Flux is told to rest.
func isSuspended(o *unstructured.Unstructured) bool {
	return flux.IsSuspended(o) || (o.GroupVersionKind().Group == v1.Group && v1.IsDisabled(o.GetAnnotations()))
}

// is reports whether a node is of a kind.
func (n *Node) is(kinds ...string) bool {
	for _, kind := range kinds {
		if n.ID.Kind == kind {
			return true
		}
	}
	return false
}

// event returns the latest event with one of the reasons.
func (n *Node) event(reasons ...string) *corev1.Event {
	for i := len(n.Events) - 1; i >= 0; i-- {
		for _, reason := range reasons {
			if n.Events[i].Reason == reason {
				return &n.Events[i]
			}
		}
	}
	return nil
}

// began is when an event was first seen.
func began(e *corev1.Event) time.Time {
	switch {
	case e == nil:
		return time.Time{}
	case !e.FirstTimestamp.IsZero():
		return e.FirstTimestamp.Time
	case !e.EventTime.IsZero():
		return e.EventTime.Time
	default:
		return e.CreationTimestamp.Time
	}
}

// holdsAny reports whether a text holds one of some words, whatever their case.
func holdsAny(text string, words ...string) bool {
	lower := strings.ToLower(text)
	for _, word := range words {
		if strings.Contains(lower, word) {
			return true
		}
	}
	return false
}

// inOneLine is a text of any number of lines.
func inOneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// described is the command that shows all of an object.
func described(id object.Ref) string {
	return fmt.Sprintf("`kubectl describe %s %s -n %s`", strings.ToLower(id.Kind), id.Name, id.Namespace)
}
