// Package preview is the noun of the product: what a preview is known by, what it
// is called, what it is in, and all that the statuses of the two kinds tell of it.
// Statuses in, values out; no cluster.
//
//	key := preview.ParseKey("api-prs/1234")
//	found, err := preview.Find("api/1234", snapshot.Previews())
//	found.State() // Ready
//
// A Snapshot is a value: Previews is the same whether it was listed or watched.
//
// # How previews are named
//
// A preview is called SERVICE/ID, such as api/1234. SERVICE is the name of the
// provider (for inputs written down in a ResourceSet, or combined by Permute: of
// the ResourceSet) without what such names end in, -prs or -pull-requests and the
// like: see endings. Where two sources of a namespace would be called the same,
// each keeps its full name; where two ResourceSets use one provider, the
// ResourceSet's name stands in front: api-pr-envs/api-prs/1234.
//
// Whatever is shown, these are understood: PROVIDER/ID, SET/ID, SET/PROVIDER/ID,
// each also without the ending, and ID alone where only one preview has it.
package preview

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
)

// View is a preview as the two statuses tell of it, and what Flux made of its
// objects.
type View struct {
	// Name is SERVICE/ID, unique in its namespace.
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Service   string `json:"service"`
	// ID is the id of the input set: of a pull request, its number.
	ID string `json:"id"`
	// Set is the name of the ResourceSet, Provider that of the input set's source.
	Set      string `json:"resourceSet"`
	Provider string `json:"provider"`

	Branch string `json:"branch,omitempty"`
	Author string `json:"author,omitempty"`
	Title  string `json:"title,omitempty"`
	// ApprovedBy is who approved, where spec.forks of the provider asks for that, and
	// ApprovedSHA the commit that they looked at.
	ApprovedBy  string `json:"approvedBy,omitempty"`
	ApprovedSHA string `json:"approvedSHA,omitempty"`
	// Commit is the one that the preview is at, Head that of the request where it is
	// another, or where there is no preview.
	Commit string `json:"commit,omitempty"`
	Head   string `json:"head,omitempty"`
	// Request is the web page of the pull request, URL where the preview answers.
	Request string `json:"request,omitempty"`
	URL     string `json:"url,omitempty"`

	// Ready is True when the ResourceSet, what Flux made of its objects and, where
	// that was looked at, what was deployed by them are.
	Ready   metav1.ConditionStatus `json:"ready"`
	Reason  string                 `json:"reason"`
	Message string                 `json:"message,omitempty"`
	// Since is when Ready became what it is, Created when the first of the
	// preview's deployers was made; null when that is not known.
	Since   *metav1.Time `json:"since,omitempty"`
	Created *metav1.Time `json:"created,omitempty"`
	// Suspended says that the ResourceSet is, or a provider of the preview.
	Suspended bool `json:"suspended,omitempty"`
	// Held is why the request waits; the zero value where it does not.
	Held Held `json:"held,omitzero"`

	// behind is why the preview is not at Head, and parts are its input sets.
	behind string
	parts  []part
	// evidence is what its gate wants of a request without a preview.
	evidence State
	// requestOnly says that there is no preview of the request.
	requestOnly bool
}

// Key is that of the input set.
func (p View) Key() Key { return Key{Provider: p.Provider, ID: p.ID} }

// FullName is SET/PROVIDER/ID, which no other preview of the namespace has.
func (p View) FullName() string { return p.Set + "/" + p.Key().String() }

// State is what it is in.
func (p View) State() State {
	if !p.HasPreview() {
		return p.stateOfHeld()
	}
	return StateOf(p.Ready, p.Reason)
}

// Gone is the view of a preview that was there.
func (p View) Gone() View {
	p.Ready, p.Reason, p.Message = metav1.ConditionUnknown, reasonGone, "it is gone"
	return p
}

// IsLike reports whether a table would show the same of two views: all but times.
func (p View) IsLike(other View) bool {
	for _, one := range []*View{&p, &other} {
		one.Since, one.Created, one.Held.Since, one.Held.Next, one.parts = nil, nil, nil, nil, nil
	}
	return reflect.DeepEqual(p, other)
}

// number orders ids: pull requests by their number, all else after them.
func number(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 1 << 62
	}
	return n
}

// follow looks at what Flux made of the preview's objects: a preview whose
// Kustomization fails is not ready, even where the set does not wait for it.
func (p *View) follow(owned []Entry, deployers map[object.Ref]*unstructured.Unstructured) {
	for _, entry := range owned {
		deployer := deployers[entry.Ref]
		if deployer == nil {
			continue
		}
		if created := deployer.GetCreationTimestamp(); p.Created == nil || created.Before(p.Created) {
			p.Created = &created
		}
		ready := flux.Ready(deployer)
		if rank(ready.Status) > rank(p.Ready) {
			p.Ready, p.Reason = ready.Status, ready.Reason
			p.Message = fmt.Sprintf("%s/%s: %s", deployer.GetKind(), deployer.GetName(), ready.Message)
			p.Since = nil
			if !ready.LastTransitionTime.IsZero() {
				p.Since = &ready.LastTransitionTime
			}
		}
	}
}

// run looks at what was deployed: a preview whose pods do not run is not ready, even
// where neither Flux nor the set wait for them. Why they do not says more than that
// Flux has waited in vain.
func (p *View) run(owned []Entry, rollouts map[object.Ref]Rollout) {
	for _, entry := range owned {
		one, known := rollouts[entry.Ref]
		if !known || one.Ready == metav1.ConditionTrue || p.State() == Removed {
			continue
		}
		says := p.Ready == metav1.ConditionTrue || rank(one.Ready) > rank(p.Ready)
		explains := rank(one.Ready) == rank(p.Ready) && (p.Reason == meta.HealthCheckFailedReason || p.Reason == meta.ProgressingReason)
		if !says && !explains {
			continue
		}
		p.Ready, p.Reason, p.Message, p.Since = one.Ready, one.Reason, one.Message, nil
		if !one.Since.IsZero() {
			p.Since = &metav1.Time{Time: one.Since}
		}
	}
}

// Deployed says whether what entries of an inventory deployed is ready: the deployers
// among them, and what those made. It is True where nothing says otherwise.
func Deployed(owned []Entry, deployers map[object.Ref]*unstructured.Unstructured, rollouts map[object.Ref]Rollout) Rollout {
	p := View{Ready: metav1.ConditionTrue}
	p.follow(owned, deployers)
	p.run(owned, rollouts)
	out := Rollout{Ready: p.Ready, Reason: p.Reason, Message: p.Message}
	if p.Since != nil {
		out.Since = p.Since.Time
	}
	return out
}

// rank orders what is ready from good to bad.
func rank(ready metav1.ConditionStatus) int {
	return slices.Index([]metav1.ConditionStatus{metav1.ConditionTrue, metav1.ConditionUnknown, metav1.ConditionFalse}, ready)
}
