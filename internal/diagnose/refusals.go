package diagnose

import (
	"strings"
	"time"

	"github.com/eddy-previews/eddy/internal/flux"
)

// refusal is what the API server said to whoever wanted to make an object.
type refusal struct {
	said  string
	since time.Time
}

// refused returns what was refused: pods to a workload, objects to a deployer
// or to Eddy. Its text is "" where nothing was.
func refused(n *Node) refusal {
	if n.Object == nil {
		return refusal{}
	}
	if n.Preview != nil {
		if n.Preview.Ready == "False" {
			return refusal{n.Preview.Message, n.Preview.LastTransitionTime.Time}
		}
		return refusal{}
	}
	if failure, has := conditionOf(n.Object, "ReplicaFailure"); has && failure.Status == "True" {
		return refusal{failure.Message, failure.since()}
	}
	if flux.Is(n.ID.GroupKind()) {
		ready, _ := failedReady(n)
		return refusal{ready.Message, ready.since()}
	}
	if state, _, _ := claimed(n.Object); state == Ready {
		return refusal{} // it got over it
	}
	if event := n.event("FailedCreate"); event != nil && len(n.Children) == 0 {
		return refusal{event.Message, began(event)}
	}
	return refusal{}
}

// about returns a symptom when a refusal matches one of some words.
func (r refusal) about(advice string, words ...string) *symptom {
	if r.said == "" || !holdsAny(r.said, words...) {
		return nil
	}
	return &symptom{words: inOneLine(r.said), advice: advice, since: r.since}
}

func quotaExceeded(n *Node, _ time.Time) *symptom {
	r := refused(n)
	out := r.about("close previews that nobody uses, lower the requests, or raise the ResourceQuota of the namespace", "exceeded quota")
	if out != nil {
		out.words = inOneLine(fromWord(r.said, "exceeded quota"))
	}
	return out
}

// fromWord cuts a text to what one of its parts says, from a word on.
func fromWord(text, word string) string {
	_, rest, found := strings.Cut(text, word)
	if !found {
		return text
	}
	rest, _, _ = strings.Cut(rest, ";")
	return word + rest
}

func serviceAccountMissing(n *Node, _ time.Time) *symptom {
	return refused(n).about("add the ServiceAccount to the overlay, or correct its name: mind that kustomize suffixes it",
		"error looking up service account", "serviceaccount not found")
}

func admissionRefused(n *Node, _ time.Time) *symptom {
	return refused(n).about("change the object so that the policy lets it pass, or the policy",
		"denied the request", "violates podsecurity", "validatingadmissionpolicy", "failed calling webhook", "admission webhook")
}

func namespaceMissing(n *Node, _ time.Time) *symptom {
	r := refused(n)
	if !strings.Contains(strings.ToLower(r.said), "namespaces \"") {
		return nil
	}
	return r.about("create the namespace first, in the shared infrastructure that the preview depends on", "not found")
}

func permissionMissing(n *Node, _ time.Time) *symptom {
	return refused(n).about("grant it to the account that applies: spec.serviceAccountName, or that of the operator", "is forbidden", "cannot patch resource", "cannot create resource")
}

func kindUnknown(n *Node, _ time.Time) *symptom {
	return refused(n).about("install the CustomResourceDefinition, or correct apiVersion and kind", "no matches for kind", "could not find the requested resource", "does not know this kind")
}

func fieldImmutable(n *Node, _ time.Time) *symptom {
	return refused(n).about("an object that is there cannot be changed like this: delete it, or set spec.force on the Kustomization", "field is immutable", "immutable field", "may not be changed")
}

func objectInvalid(n *Node, _ time.Time) *symptom {
	return refused(n).about("correct the object: `eddy build preview` shows it", " is invalid", "dry-run failed", "strict decoding error", "unknown field")
}
