package apply

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// Kinds tells which kinds the API server serves, in which versions, and
// whether their objects have a namespace. What it knows is kept until an answer
// of the API server says otherwise. It is safe for concurrent use.
type Kinds struct {
	server discovery.DiscoveryInterface
	now    func() time.Time

	// asking is held while the API server is asked, so that one does it for all.
	asking sync.Mutex
	asked  time.Time

	mu    sync.RWMutex
	known map[schema.GroupKind]Kind
	// silent are the groups of which the API server could not tell, and why.
	silent map[string]error
	// edition counts how often what is known has become another.
	edition uint64
}

// Edition is another one each time that the API server serves other kinds than before.
func (k *Kinds) Edition() uint64 {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.edition
}

// Kind is what the API server tells of a kind.
type Kind struct {
	id schema.GroupKind
	// Versions in which it is served, the preferred one first.
	Versions []string
	// Resource is what the API server calls its objects in paths.
	Resource string
	// Namespaced: its objects have a namespace.
	Namespaced bool
	// verbs that its objects can be asked with, in the preferred version.
	verbs metav1.Verbs
}

// NewKinds returns a Kinds that asks an API server.
func NewKinds(server discovery.DiscoveryInterface, now func() time.Time) *Kinds {
	return &Kinds{server: server, now: now}
}

// askedAgain is the time within which the API server is not asked again: a
// kind that does not exist costs little, however often it is named.
const askedAgain = 100 * time.Millisecond

// Of returns a kind. The error is a *meta.NoKindMatchError where the API server
// says that there is none such; any other one leaves it open.
func (k *Kinds) Of(kind schema.GroupKind) (Kind, error) {
	if found, err := k.recall(kind); err == nil {
		return found, nil
	}
	return k.Again(kind)
}

// Again is Of where an answer has shown that what is known no longer holds.
func (k *Kinds) Again(kind schema.GroupKind) (Kind, error) {
	k.asking.Lock()
	defer k.asking.Unlock()
	if k.now().Sub(k.asked) >= askedAgain {
		if err := k.refresh(); err != nil {
			return Kind{}, fmt.Errorf("asking the API server for the kinds that it serves: %w", err)
		}
		k.asked = k.now()
	}
	return k.recall(kind)
}

// ServesNoMore reports whether the API server says, asked anew, that it does not serve a
// kind in a version: an answer that something is not found may be about anything.
func (k *Kinds) ServesNoMore(gvk schema.GroupVersionKind) bool {
	kind, err := k.Again(gvk.GroupKind())
	return meta.IsNoMatchError(err) || err == nil && !kind.Serves(gvk.Version)
}

// Known is Of without asking anybody.
func (k *Kinds) Known(kind schema.GroupKind) (Kind, error) { return k.recall(kind) }

// recall returns what is known of a kind.
func (k *Kinds) recall(kind schema.GroupKind) (Kind, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if found, ok := k.known[kind]; ok {
		return found, nil
	}
	if why := k.silent[kind.Group]; why != nil {
		return Kind{}, fmt.Errorf("the API server does not tell the kinds of %s at present: %w", kind.Group, why)
	}
	return Kind{}, &meta.NoKindMatchError{GroupKind: kind}
}

// refresh replaces what is known: with aggregated discovery it costs two
// requests. Of a group that does not answer, what was known is kept.
func (k *Kinds) refresh() error {
	groups, lists, err := k.server.ServerGroupsAndResources()
	failed, partly := discovery.GroupDiscoveryFailedErrorGroups(err)
	if err != nil && !partly {
		return err
	}
	fresh, silent := map[schema.GroupKind]Kind{}, map[string]error{}
	for version, why := range failed {
		silent[version.Group] = why
	}
	resources := make(map[string][]metav1.APIResource, len(lists))
	for _, list := range lists {
		resources[list.GroupVersion] = list.APIResources
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for kind, found := range k.known {
		if silent[kind.Group] != nil {
			fresh[kind] = found
		}
	}
	for _, version := range versionsOf(groups) {
		for _, resource := range resources[version.String()] {
			addTo(fresh, version, resource)
		}
	}
	if k.known != nil && !reflect.DeepEqual(k.known, fresh) {
		k.edition++
	}
	k.known, k.silent = fresh, silent
	return nil
}

// versionsOf lists the versions of all groups, of each the preferred one first.
func versionsOf(groups []*metav1.APIGroup) []schema.GroupVersion {
	var out []schema.GroupVersion
	for _, group := range groups {
		first := group.PreferredVersion.Version
		out = append(out, schema.GroupVersion{Group: group.Name, Version: first})
		for _, one := range group.Versions {
			if one.Version != first {
				out = append(out, schema.GroupVersion{Group: group.Name, Version: one.Version})
			}
		}
	}
	return out
}

// addTo notes a resource, unless it is a part of another, such as pods/log.
func addTo(kinds map[schema.GroupKind]Kind, version schema.GroupVersion, resource metav1.APIResource) {
	if strings.Contains(resource.Name, "/") {
		return
	}
	id := schema.GroupKind{Group: version.Group, Kind: resource.Kind}
	kind, known := kinds[id]
	if !known || len(kind.Versions) == 0 {
		kind.id, kind.Resource, kind.Namespaced, kind.verbs = id, resource.Name, resource.Namespaced, resource.Verbs
	}
	if !slices.Contains(kind.Versions, version.Version) {
		kind.Versions = append(slices.Clip(kind.Versions), version.Version)
	}
	kinds[id] = kind
}

// IsKept reports whether the API server keeps objects of the kind. Of some, such
// as a SubjectAccessReview, it only takes one and answers.
func (k Kind) IsKept() bool { return k.can("get", "patch", "delete") }

// IsWatchable reports whether changes of its objects can be followed.
func (k Kind) IsWatchable() bool { return k.can("list", "watch") }

func (k Kind) can(verbs ...string) bool {
	for _, verb := range verbs {
		if !slices.Contains(k.verbs, verb) {
			return false
		}
	}
	return true
}

// Serves reports whether the kind is served in a version.
func (k Kind) Serves(version string) bool { return slices.Contains(k.Versions, version) }

// from lists the versions of the kind, the given one first where it is served.
func (k Kind) from(version string) []string {
	if !k.Serves(version) {
		return k.Versions
	}
	others := slices.DeleteFunc(slices.Clone(k.Versions), func(v string) bool { return v == version })
	return slices.Insert(others, 0, version)
}

// In returns the version to ask for objects of the kind in: the given one where
// it is served, otherwise the preferred one.
func (k Kind) In(version string) string {
	if versions := k.from(version); len(versions) > 0 {
		return versions[0]
	}
	return version
}

// asServed asks for objects of a kind in a version that is served: in another
// one when the answer is that it no longer is, as the API server tells of that a
// moment later. The error is a *meta.NoKindMatchError where there can be no
// objects: the kind is not served, or they are not kept.
func (k *Kinds) asServed(kind schema.GroupKind, version string, ask func(version string) error) error {
	found, err := k.Of(kind)
	if err != nil {
		return err
	}
	answered, err := found.ask(version, ask)
	if !errors.Is(err, errNotAnswered) {
		if answered != found.In(version) {
			k.retire(kind, found.In(version))
		}
		return err
	}
	if found, err = k.Again(kind); err == nil {
		_, err = found.ask(version, ask)
	}
	return err
}

// retire notes that a kind is not served in a version any more.
func (k *Kinds) retire(kind schema.GroupKind, version string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if found, ok := k.known[kind]; ok {
		found.Versions = slices.DeleteFunc(slices.Clone(found.Versions), func(v string) bool { return v == version })
		k.known[kind] = found
		k.edition++
	}
}

// errNotAnswered is a kind that is said to be served, and is not: of its objects
// nothing is known.
var errNotAnswered = errors.New("the API server says that it serves the kind, and does not answer for it")

// ask asks in one version after the other, until one is served, and returns it.
func (k Kind) ask(version string, ask func(version string) error) (answered string, err error) {
	if !k.IsKept() {
		return k.In(version), &meta.NoKindMatchError{GroupKind: k.id, SearchedVersions: k.Versions}
	}
	for _, one := range k.from(version) {
		if err = ask(one); !isNotServed(err) {
			return one, err
		}
	}
	return "", fmt.Errorf("%w: %s", errNotAnswered, err.Error()) // which is not to be taken for the answer
}

// isNotServed reports whether the API server does not know what was asked for
// at all, which is not to say that there is no such object: that answer names it.
func isNotServed(err error) bool {
	if meta.IsNoMatchError(err) {
		return true
	}
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) {
		return false
	}
	details := status.Status().Details
	return details == nil || details.Name == ""
}

// isGone reports whether the API server says that an object is not there.
func isGone(err error) bool { return apierrors.IsNotFound(err) && !isNotServed(err) }

// isAboutOne reports whether an error is about what was asked for, a kind or an
// object, and not about the way to the API server or who asks.
func isAboutOne(err error) bool {
	var status apierrors.APIStatus
	return meta.IsNoMatchError(err) || errors.Is(err, errNotAnswered) || discovery.IsGroupDiscoveryFailedError(err) ||
		(errors.As(err, &status) && !apierrors.IsUnauthorized(err))
}
