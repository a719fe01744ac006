package preview

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
)

// Snapshot is what a namespace, or all of them, held at one time.
type Snapshot struct {
	Sets      []v1.ResourceSet
	Providers []v1.ResourceSetInputProvider
	// Deployers are the Kustomizations and HelmReleases that the sets own.
	Deployers []unstructured.Unstructured
	// Rollouts say of objects that the sets own whether what they deployed runs,
	// where that was looked at.
	Rollouts map[object.Ref]Rollout
}

// Rollout is whether what an object deployed runs, and why not.
type Rollout struct {
	Ready metav1.ConditionStatus
	// Reason in one word, and Message for people.
	Reason, Message string
	// Since is when it began; zero where that is not known.
	Since time.Time
}

// Previews lists the previews, by namespace, service and number.
func (s Snapshot) Previews() []View {
	return slices.DeleteFunc(s.Requests(), func(p View) bool { return !p.HasPreview() })
}

// Requests lists the previews, and among them the requests that have none, as they
// are held.
func (s Snapshot) Requests() []View {
	out := s.previews()
	out = append(out, s.waiting(out)...)
	name(out)
	slices.SortFunc(out, func(a, b View) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Service, b.Service),
			cmp.Compare(number(a.ID), number(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// previews are those that the sets have, without their names.
func (s Snapshot) previews() []View {
	inputs, held, deployers := s.inputs(), s.held(), map[object.Ref]*unstructured.Unstructured{}
	for i := range s.Deployers {
		deployers[object.RefOf(&s.Deployers[i])] = &s.Deployers[i]
	}
	var out []View
	for _, set := range s.Sets {
		owned := map[string][]Entry{}
		for _, entry := range EntriesOf(set.Status.Inventory) {
			owned[entry.Input] = append(owned[entry.Input], entry)
		}
		for _, line := range s.lines(set, inputs) {
			p := View{
				Namespace: set.Namespace, Set: set.Name, Provider: line.Provider, ID: line.ID,
				URL: line.URL, Ready: line.Ready, Reason: line.Reason, Message: line.Message, parts: partsOf(set, line, inputs, held),
			}
			p.Suspended = set.IsDisabled() || s.isAsleep(p)
			if !line.LastTransitionTime.IsZero() {
				p.Since = &line.LastTransitionTime
			}
			p.combine()
			p.follow(owned[p.Key().String()], deployers)
			p.run(owned[p.Key().String()], s.Rollouts)
			out = append(out, p)
		}
	}
	return out
}

// isAsleep reports whether a provider of a preview is suspended.
func (s Snapshot) isAsleep(p View) bool {
	return slices.ContainsFunc(s.ProvidersOf(p), func(provider v1.ResourceSetInputProvider) bool { return provider.IsDisabled() })
}

// SetOf returns the ResourceSet of a preview; nil when it is not there.
func (s Snapshot) SetOf(p View) *v1.ResourceSet {
	for i := range s.Sets {
		if s.Sets[i].Namespace == p.Namespace && s.Sets[i].Name == p.Set {
			return &s.Sets[i]
		}
	}
	return nil
}

// LineOf returns what the set says of a preview, or what is to be said of one that
// is in its inventory alone; nil when there is none.
func (s Snapshot) LineOf(p View) *v1.PreviewStatus {
	set := s.SetOf(p)
	if set == nil {
		return nil
	}
	for _, line := range s.lines(*set, s.inputs()) {
		if KeyOf(line) == p.Key() {
			return &line
		}
	}
	return nil
}

// EntriesOf lists what the set owns for a preview.
func (s Snapshot) EntriesOf(p View) []Entry {
	set := s.SetOf(p)
	if set == nil {
		return nil
	}
	var out []Entry
	for _, entry := range EntriesOf(set.Status.Inventory) {
		if entry.Input == p.Key().String() {
			out = append(out, entry)
		}
	}
	return out
}

// ProvidersOf returns the providers that a preview's input set comes from.
func (s Snapshot) ProvidersOf(p View) []v1.ResourceSetInputProvider {
	var out []v1.ResourceSetInputProvider
	for _, provider := range s.Providers {
		isPart := func(part Key) bool { return part.Provider == provider.Name }
		if provider.Namespace == p.Namespace && slices.ContainsFunc(p.Key().Parts(), isPart) {
			out = append(out, provider)
		}
	}
	return out
}

// DeployersOf returns the Kustomizations and HelmReleases of a preview.
func (s Snapshot) DeployersOf(p View) []*unstructured.Unstructured {
	var out []*unstructured.Unstructured
	for _, entry := range s.EntriesOf(p) {
		for i := range s.Deployers {
			if object.RefOf(&s.Deployers[i]) == entry.Ref {
				out = append(out, &s.Deployers[i])
			}
		}
	}
	return out
}

// inputsByKey are input sets by where they are and by their keys.
type inputsByKey map[placed]v1.ResourceSetInput

type placed struct {
	namespace string
	Key
}

// inputs indexes the input sets by namespace and key.
func (s Snapshot) inputs() inputsByKey {
	out := inputsByKey{}
	add := func(namespace, source string, inputs []v1.ResourceSetInput) {
		for n, in := range inputs {
			id := text(in, "id")
			if id == "" {
				id = fmt.Sprintf("#%d", n+1)
			}
			out[placed{namespace, Key{source, id}}] = in
		}
	}
	for _, set := range s.Sets {
		add(set.Namespace, set.Name, set.Spec.Inputs)
	}
	for _, provider := range s.Providers {
		add(provider.Namespace, provider.Name, provider.Status.ExportedInputs)
	}
	return out
}

// text returns a value of an input as text.
func text(in v1.ResourceSetInput, key string) string {
	raw := in[key]
	if raw == nil {
		return ""
	}
	var value any
	if json.Unmarshal(raw.Raw, &value) != nil || value == nil {
		return ""
	}
	if value, ok := value.(string); ok {
		return value
	}
	return string(raw.Raw)
}
