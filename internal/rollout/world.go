package rollout

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
)

// Place is a kind of objects in a namespace.
type Place struct {
	schema.GroupVersionKind
	Namespace string
}

// World is what is known of a cluster: objects, who made whom, and what happened to
// them.
type World struct {
	objects map[object.Ref]*unstructured.Unstructured
	// made are objects by those that own them.
	made map[types.UID][]*unstructured.Unstructured
	// events by what they are about.
	events map[types.UID][]corev1.Event
	// seen are the places that were listed; of others nothing is known.
	seen map[Place]bool
	// unseen are listings that failed, which are not tried again.
	unseen map[Place]bool
}

// NewWorld returns a world with some objects in it.
func NewWorld(known ...unstructured.Unstructured) *World {
	w := &World{
		objects: map[object.Ref]*unstructured.Unstructured{}, made: map[types.UID][]*unstructured.Unstructured{},
		events: map[types.UID][]corev1.Event{}, seen: map[Place]bool{}, unseen: map[Place]bool{},
	}
	for n := range known {
		w.put(&known[n])
	}
	return w
}

// Add adds what was listed of a place. Of one that is never added, as it may not be
// looked at, nothing is said.
func (w *World) Add(place Place, listed ...unstructured.Unstructured) {
	w.seen[place] = true
	slices.SortFunc(listed, func(a, b unstructured.Unstructured) int { return cmp.Compare(a.GetName(), b.GetName()) })
	for n := range listed {
		one := &listed[n]
		if place.GroupVersionKind == eventKind() {
			w.happened(one)
			continue
		}
		if one.GroupVersionKind() != place.GroupVersionKind { // what a watch keeps is not to be written to
			one.SetGroupVersionKind(place.GroupVersionKind)
		}
		w.put(one)
	}
}

// isKnown reports whether it is known whether an object is there.
func (w *World) isKnown(id object.Ref) bool {
	return w.objects[id] != nil || w.seen[Place{w.versioned(id.GroupKind()), id.Namespace}]
}

func (w *World) put(one *unstructured.Unstructured) {
	w.objects[object.RefOf(one)] = one
	for _, owner := range one.GetOwnerReferences() {
		w.made[owner.UID] = append(w.made[owner.UID], one)
	}
}

// happened notes an event; what is none says nothing.
func (w *World) happened(one *unstructured.Unstructured) {
	event := corev1.Event{}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(one.Object, &event) == nil {
		uid := event.InvolvedObject.UID
		w.events[uid] = append(w.events[uid], event)
	}
}

// node is the tree of a member: itself, its pods, and what happened to them.
func (w *World) node(id object.Ref) *diagnose.Node {
	out := &diagnose.Node{ID: id, Object: w.objects[id]}
	if out.Object == nil {
		return out
	}
	out.Events = w.eventsOf(out.Object)
	if runs(id.GroupKind()) {
		w.addMade(out, out.Object)
	}
	return out
}

// addMade adds the pods of a workload. ReplicaSets are passed over: what happened to
// the newest of them happened to the workload.
func (w *World) addMade(to *diagnose.Node, by *unstructured.Unstructured) {
	for _, one := range w.made[by.GetUID()] {
		if one.GetKind() == "ReplicaSet" {
			w.addMade(to, one)
			continue
		}
		to.Children = append(to.Children, &diagnose.Node{ID: object.RefOf(one), Object: one, Events: w.eventsOf(one)})
	}
}

// eventsOf lists the events of an object, oldest first.
func (w *World) eventsOf(one *unstructured.Unstructured) []corev1.Event {
	out := slices.Clone(w.events[one.GetUID()])
	slices.SortStableFunc(out, func(a, b corev1.Event) int { return when(a).Compare(when(b).Time) })
	return out
}

func when(event corev1.Event) *metav1.Time {
	if event.LastTimestamp.IsZero() {
		return &metav1.Time{Time: event.EventTime.Time}
	}
	return &event.LastTimestamp
}

// Wanted lists where the members of roots are that are not known yet. Deployers
// below others are known only once those are, so it is asked again until it has
// nothing new, or nothing that may be looked at.
func Wanted(roots []object.Ref, w *World) []Place {
	return w.placesOf(roots, func(id object.Ref) bool { return !w.isKnown(id) })
}

// Details lists where to look for why members are late: their pods, and events.
func Details(roots []object.Ref, w *World) []Place {
	var out []Place
	for _, late := range w.placesOf(roots, func(id object.Ref) bool { return w.objects[id] != nil && !w.settled(id) }) {
		for _, kind := range details() {
			if place := (Place{kind, late.Namespace}); !slices.Contains(out, place) {
				out = append(out, place)
			}
		}
	}
	return out
}

// Misses reports whether something of roots was to be seen, and was not.
func Misses(roots []object.Ref, w *World) bool {
	return slices.ContainsFunc(slices.Concat(Wanted(roots, w), Details(roots, w)), func(place Place) bool { return !w.seen[place] })
}

func details() []schema.GroupVersionKind {
	return []schema.GroupVersionKind{{Group: "apps", Version: "v1", Kind: "ReplicaSet"}, {Version: "v1", Kind: "Pod"}, eventKind()}
}

func eventKind() schema.GroupVersionKind { return corev1.SchemeGroupVersion.WithKind("Event") }

// placesOf lists the places of those members that are picked, each once.
func (w *World) placesOf(roots []object.Ref, pick func(object.Ref) bool) []Place {
	var out []Place
	for _, id := range Members(roots, w) {
		if place := (Place{w.versioned(id.GroupKind()), id.Namespace}); pick(id) && !slices.Contains(out, place) {
			out = append(out, place)
		}
	}
	return out
}

// versioned is the version in which a kind is asked for.
func (w *World) versioned(kind schema.GroupKind) schema.GroupVersionKind {
	for _, known := range append(Workloads(), flux.Kustomization(), flux.HelmRelease()) {
		if known.GroupKind() == kind {
			return known
		}
	}
	return kind.WithVersion("v1")
}
