package templater

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/object"
)

// drift watches what sets have applied, so that an object which somebody
// deletes or changes is repaired at once. It holds the metadata of owned
// objects alone: its memory follows what is owned, not what the cluster holds.
// The nil drift watches nothing.
type drift struct {
	cache cache.Cache
	kinds *apply.Kinds
	// narrowed says that only what bears the label of a shard is watched: what is not told
	// of may bear another, of a template's own or of somebody's, and is there all the same.
	narrowed bool
	// events name the sets whose objects may need repair.
	events chan event.GenericEvent
	// disturb is told of each object that has changed; nobody is when nil.
	disturb func(kind schema.GroupKind, is any)
	// stopped is closed when nobody reads the events any more.
	stopped chan struct{}

	mu      sync.Mutex
	watched map[schema.GroupKind]watched
	// broken is when the watch of a kind was last found to be broken, by its resource; of
	// all where none is named.
	broken map[schema.GroupResource]time.Time
	sleepers
}

// watched is a kind that is followed, in one version.
type watched struct {
	gvk      schema.GroupVersionKind
	resource schema.GroupResource
	// empty is what the watch brings objects of the kind as: their metadata, or,
	// of a kind that runs once, their status as well.
	empty  func() client.Object
	synced func() bool
	// patience is until when runs wait for the watch to begin.
	patience time.Time
}

// syncTimeout bounds how long the first runs that apply a kind wait for the
// watch to begin. Without it, what happens meanwhile is found an interval later.
const syncTimeout = 5 * time.Second

// newDrift returns a drift whose cache starts with the manager. What a shard has stamped
// out bears its key.
func newDrift(mgr ctrl.Manager, kinds *apply.Kinds, namespaces map[string]cache.Config, shard []labels.Requirement) (*drift, error) {
	owned, err := labels.NewRequirement(v1.OwnerLabelPrefix+"/name", selection.Exists, nil)
	if err != nil {
		return nil, err
	}
	d := &drift{
		kinds: kinds, events: make(chan event.GenericEvent), stopped: make(chan struct{}),
		watched: map[schema.GroupKind]watched{}, broken: map[schema.GroupResource]time.Time{}, sleepers: newSleepers(), narrowed: len(shard) > 0,
	}
	d.cache, err = cache.New(mgr.GetConfig(), cache.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
		DefaultNamespaces:    namespaces,
		DefaultLabelSelector: labels.NewSelector().Add(*owned).Add(shard...),
		DefaultTransform:     strip,
		// What is read is compared, never changed.
		DefaultUnsafeDisableDeepCopy: ptr.To(true),
		DefaultWatchErrorHandler: func(ctx context.Context, r *toolscache.Reflector, err error) {
			if r.LastSyncResourceVersion() != "" { // what never told anything does not tell less now
				d.note(ctx, err)
			}
			toolscache.DefaultWatchErrorHandler(ctx, r, err)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("creating the cache of owned objects: %w", err)
	}
	stop := manager.RunnableFunc(func(ctx context.Context) error {
		<-ctx.Done()
		close(d.stopped)
		return nil
	})
	return d, errors.Join(mgr.Add(d.cache), mgr.Add(stop))
}

// watch follows the kinds of an inventory from now on. It comes before the
// objects are looked at, so that nothing happens to them unseen in between. What
// cannot be watched is listed instead.
func (d *drift) watch(ctx context.Context, inventory apply.Inventory) {
	if d == nil {
		return
	}
	var all []watched
	seen := map[schema.GroupKind]bool{}
	for _, entry := range inventory {
		kind := schema.GroupKind{Group: entry.Group, Kind: entry.Kind}
		if seen[kind] {
			continue
		}
		seen[kind] = true
		served, err := d.kinds.Of(kind)
		if err != nil || !served.IsWatchable() {
			continue
		}
		one, err := d.follow(ctx, kind.WithVersion(served.In(entry.Version)), served.Resource)
		if err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "watching what was applied", "kind", kind.String())
			continue
		}
		all = append(all, one)
	}
	for _, one := range all {
		one.wait(ctx)
	}
}

// wait waits until the watch has brought all that is there. An account that may
// not watch never gets there, and goes without; so nobody else waits for it.
func (w watched) wait(ctx context.Context) {
	timed, cancel := context.WithDeadline(ctx, w.patience)
	defer cancel()
	_ = toolscache.WaitForCacheSync(timed.Done(), w.synced)
}

// follow watches one kind from now on, unless that is done already in a version
// that is still served.
func (d *drift) follow(ctx context.Context, gvk schema.GroupVersionKind, resource string) (watched, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.watched[gvk.GroupKind()]; ok {
		if kind, err := d.kinds.Of(gvk.GroupKind()); err != nil || kind.Serves(known.gvk.Version) {
			return known, nil
		}
		if err := d.cache.RemoveInformer(ctx, known.empty()); err != nil {
			return watched{}, err
		}
		delete(d.watched, gvk.GroupKind())
	}
	followed := watched{
		gvk: gvk, resource: schema.GroupResource{Group: gvk.Group, Resource: resource}, empty: emptyOf(gvk),
		patience: time.Now().Add(syncTimeout), //nolint:forbidigo // a watch takes real time
	}
	informer, err := d.cache.GetInformer(ctx, followed.empty(), cache.BlockUntilSynced(false))
	if err != nil {
		return watched{}, err
	}
	registered, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		UpdateFunc: func(was, is any) { d.updated(gvk.GroupKind(), was, is) },
		DeleteFunc: func(o any) { d.deleted(gvk.GroupKind(), o) },
	})
	if err != nil {
		return watched{}, err
	}
	followed.synced = registered.HasSynced
	d.watched[gvk.GroupKind()] = followed
	return followed, nil
}

// observed returns what the watch knows of the objects of an inventory; false
// where it does not reach all of them.
func (d *drift) observed(ctx context.Context, inventory apply.Inventory) (apply.Live, bool) {
	if d == nil {
		return apply.Live{}, false
	}
	reached := true
	live := apply.Watched(inventory, func(entry apply.Entry) *apply.Meta {
		if !reached {
			return nil
		}
		var found *apply.Meta
		found, reached = d.told(ctx, entry)
		return found
	})
	return live, reached
}

// told returns what the watch knows of one object; nil when there is none.
func (d *drift) told(ctx context.Context, entry apply.Entry) (found *apply.Meta, reached bool) {
	o, reached := d.read(ctx, entry.Ref)
	if o == nil {
		return nil, reached
	}
	return metadataOf(o), true
}

// read returns an object as the watch brought it; nil when there is none.
func (d *drift) read(ctx context.Context, ref object.Ref) (found client.Object, reached bool) {
	d.mu.Lock()
	kind, known := d.watched[schema.GroupKind{Group: ref.Group, Kind: ref.Kind}]
	d.mu.Unlock()
	if !known || !kind.synced() {
		return nil, false
	}
	found = kind.empty()
	err := d.cache.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, found)
	if err != nil {
		return nil, apierrors.IsNotFound(err) && !d.narrowed
	}
	return found, true
}

// witness tells, for a set, what the watch has seen of the end of an object.
func (d *drift) witness(ctx context.Context, set types.NamespacedName) func(object.Ref) (apply.Sighting, bool) {
	if d == nil {
		return nil
	}
	return func(ref object.Ref) (apply.Sighting, bool) {
		o, reached := d.read(ctx, ref)
		if is, ok := o.(*unstructured.Unstructured); ok {
			return sightingOf(is), true
		}
		seen, known := d.lastSeen(set, ref)
		return seen, known || reached
	}
}

// glimpse tells, for a set, what the watch has seen last of an object.
func (d *drift) glimpse(ctx context.Context, set types.NamespacedName) func(object.Ref) (apply.Glimpse, bool) {
	if d == nil {
		return nil
	}
	return func(ref object.Ref) (apply.Glimpse, bool) {
		o, reached := d.read(ctx, ref)
		if o != nil || !reached {
			return apply.Glimpse{Is: metaOrNil(o)}, reached
		}
		seen, _ := d.lastSeen(set, ref) // or it has seen none go
		return apply.Glimpse{Gone: seen.UID}, true
	}
}

func metaOrNil(o client.Object) *apply.Meta {
	if o == nil {
		return nil
	}
	return metadataOf(o)
}

// updated wakes the sets whose object has changed, or has come to its end.
func (d *drift) updated(kind schema.GroupKind, was, is any) {
	before, after := metadataOf(was), metadataOf(is)
	ref := object.RefTo(kind, after.Namespace, after.Name)
	for _, set := range d.concerned(ref, before, after) {
		switch {
		case hasDrifted(before, after), endingOf(was) != endingOf(is):
			d.touched(set, ref, after.ResourceVersion)
		case before.ResourceVersion != after.ResourceVersion:
			d.stir(set)
		}
	}
	if d.disturb != nil && before.ResourceVersion != after.ResourceVersion {
		d.disturb(kind, is)
	}
}

// deleted wakes the sets whose object is gone, and keeps how it had ended.
func (d *drift) deleted(kind schema.GroupKind, was any) {
	if gone, ok := was.(toolscache.DeletedFinalStateUnknown); ok {
		was = gone.Obj
	}
	last := metadataOf(was)
	ref := object.RefTo(kind, last.Namespace, last.Name)
	for _, set := range d.concerned(ref, last) {
		seen := apply.Sighting{UID: last.UID}
		if is, ok := was.(*unstructured.Unstructured); ok {
			seen = sightingOf(is)
		}
		d.keepSighting(set, ref, seen)
		d.lost(set, ref)
	}
	if d.disturb != nil {
		d.disturb(kind, last)
	}
}

// emptyOf returns what makes objects to watch a kind with.
func emptyOf(gvk schema.GroupVersionKind) func() client.Object {
	return func() client.Object {
		if apply.RunsOnce(gvk.GroupKind()) {
			o := &unstructured.Unstructured{}
			o.SetGroupVersionKind(gvk)
			return o
		}
		o := &metav1.PartialObjectMetadata{}
		o.SetGroupVersionKind(gvk)
		return o
	}
}

// strip drops from what a watch brings all that is not needed of it: memory holds
// metadata, and of a kind that runs once how it ended.
func strip(o any) (any, error) {
	is, ok := o.(*unstructured.Unstructured)
	if !ok {
		return cache.TransformStripManagedFields()(o)
	}
	is.SetManagedFields(nil)
	for field := range is.Object {
		if field != "apiVersion" && field != "kind" && field != "metadata" && field != "status" {
			delete(is.Object, field)
		}
	}
	return is, nil
}

// metadataOf returns the metadata of an object that a watch brought; empty when
// it is none.
func metadataOf(o any) *metav1.PartialObjectMetadata {
	if gone, ok := o.(toolscache.DeletedFinalStateUnknown); ok {
		o = gone.Obj
	}
	switch o := o.(type) {
	case *metav1.PartialObjectMetadata:
		return o
	case *unstructured.Unstructured:
		metadata := apimeta.AsPartialObjectMetadata(o)
		metadata.SetGroupVersionKind(o.GroupVersionKind()) // which the conversion leaves out
		return metadata
	default:
		return &metav1.PartialObjectMetadata{}
	}
}

func sightingOf(is *unstructured.Unstructured) apply.Sighting {
	return apply.Sighting{UID: is.GetUID(), Ending: apply.EndingOf(is)}
}

// endingOf returns how an object that runs once has ended, "" for another.
func endingOf(o any) apply.Ending {
	if is, ok := o.(*unstructured.Unstructured); ok {
		return apply.EndingOf(is)
	}
	return ""
}

// ownerOf returns the set that an object's labels name.
func ownerOf(o *metav1.PartialObjectMetadata) types.NamespacedName {
	return types.NamespacedName{
		Namespace: o.Labels[v1.OwnerLabelPrefix+"/namespace"],
		Name:      o.Labels[v1.OwnerLabelPrefix+"/name"],
	}
}

// hasDrifted reports whether an object differs in more than its status.
func hasDrifted(was, is *metav1.PartialObjectMetadata) bool {
	if is.Generation == 0 { // the kind does not count its changes
		return was.ResourceVersion != is.ResourceVersion
	}
	return was.Generation != is.Generation ||
		!maps.Equal(was.Labels, is.Labels) || !maps.Equal(was.Annotations, is.Annotations)
}
