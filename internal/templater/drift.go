package templater

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
)

// drift watches what sets have applied, so that an object which somebody
// deletes or changes is repaired at once. It holds the metadata of owned
// objects alone: its memory follows what is owned, not what the cluster holds.
// The nil drift watches nothing.
type drift struct {
	cache cache.Cache
	kinds *apply.Kinds
	// events name the sets whose objects may need repair.
	events chan event.GenericEvent
	// stopped is closed when nobody reads the events any more.
	stopped chan struct{}

	mu      sync.Mutex
	watched map[schema.GroupKind]watched
	// awaited are the sets that wait for the status of an object to change.
	awaited map[types.NamespacedName]bool
	// woken are those of them that will be named in a moment.
	woken map[types.NamespacedName]bool
}

// watched is a kind that is followed, in one version.
type watched struct {
	gvk    schema.GroupVersionKind
	synced func() bool
	// patience is until when runs wait for the watch to begin.
	patience time.Time
}

// moment is how long changes of status are gathered before a set is woken: a
// thousand previews that get ready together are looked at together.
const moment = time.Second

// syncTimeout bounds how long the first runs that apply a kind wait for the
// watch to begin. Without it, what happens meanwhile is found an interval later.
const syncTimeout = 5 * time.Second

// newDrift returns a drift whose cache starts with the manager.
func newDrift(mgr ctrl.Manager, kinds *apply.Kinds, namespaces map[string]cache.Config) (*drift, error) {
	owned, err := labels.NewRequirement(v1.OwnerLabelPrefix+"/name", selection.Exists, nil)
	if err != nil {
		return nil, err
	}
	metadata, err := cache.New(mgr.GetConfig(), cache.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
		DefaultNamespaces:    namespaces,
		DefaultLabelSelector: labels.NewSelector().Add(*owned),
		DefaultTransform:     cache.TransformStripManagedFields(),
		// What is read is compared, never changed.
		DefaultUnsafeDisableDeepCopy: ptr.To(true),
	})
	if err != nil {
		return nil, fmt.Errorf("creating the cache of owned objects: %w", err)
	}
	d := &drift{
		cache: metadata, kinds: kinds,
		events: make(chan event.GenericEvent), stopped: make(chan struct{}),
		watched: map[schema.GroupKind]watched{},
		awaited: map[types.NamespacedName]bool{}, woken: map[types.NamespacedName]bool{},
	}
	stop := manager.RunnableFunc(func(ctx context.Context) error {
		<-ctx.Done()
		close(d.stopped)
		return nil
	})
	return d, errors.Join(mgr.Add(metadata), mgr.Add(stop))
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
		one, err := d.follow(ctx, kind.WithVersion(served.In(entry.Version)))
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
func (d *drift) follow(ctx context.Context, gvk schema.GroupVersionKind) (watched, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	object := &metav1.PartialObjectMetadata{}
	if known, ok := d.watched[gvk.GroupKind()]; ok {
		if kind, err := d.kinds.Of(gvk.GroupKind()); err != nil || kind.Serves(known.gvk.Version) {
			return known, nil
		}
		object.SetGroupVersionKind(known.gvk)
		if err := d.cache.RemoveInformer(ctx, object); err != nil {
			return watched{}, err
		}
		delete(d.watched, gvk.GroupKind())
	}
	object.SetGroupVersionKind(gvk)
	informer, err := d.cache.GetInformer(ctx, object, cache.BlockUntilSynced(false))
	if err != nil {
		return watched{}, err
	}
	registered, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		UpdateFunc: func(was, is any) {
			switch before, after := metadataOf(was), metadataOf(is); {
			case hasDrifted(before, after):
				d.notify(ownerOf(after))
			case before.ResourceVersion != after.ResourceVersion:
				d.stir(ownerOf(after))
			}
		},
		DeleteFunc: func(object any) { d.notify(ownerOf(metadataOf(object))) },
	})
	if err != nil {
		return watched{}, err
	}
	followed := watched{gvk: gvk, synced: registered.HasSynced, patience: time.Now().Add(syncTimeout)}
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
	live := apply.Hearsay(inventory, func(entry apply.Entry) *apply.Meta {
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
	d.mu.Lock()
	kind, known := d.watched[schema.GroupKind{Group: entry.Group, Kind: entry.Kind}]
	d.mu.Unlock()
	if !known || !kind.synced() {
		return nil, false
	}
	found = &metav1.PartialObjectMetadata{}
	found.SetGroupVersionKind(kind.gvk)
	err := d.cache.Get(ctx, types.NamespacedName{Namespace: entry.Namespace, Name: entry.Name}, found)
	if apierrors.IsNotFound(err) {
		return nil, true
	}
	return found, err == nil
}

// await wakes a set, from now on or no longer, when the status of one of its
// objects changes.
func (d *drift) await(set types.NamespacedName, waits waiting) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if waits {
		d.awaited[set] = true
	} else {
		delete(d.awaited, set)
	}
}

// waiting says whether a set waits for something.
type waiting bool

// metadataOf returns the object of an event; empty when it is none.
func metadataOf(object any) *metav1.PartialObjectMetadata {
	if gone, ok := object.(toolscache.DeletedFinalStateUnknown); ok {
		object = gone.Obj
	}
	if metadata, ok := object.(*metav1.PartialObjectMetadata); ok {
		return metadata
	}
	return &metav1.PartialObjectMetadata{}
}

// ownerOf returns the set that an object's labels name.
func ownerOf(object *metav1.PartialObjectMetadata) types.NamespacedName {
	return types.NamespacedName{
		Namespace: object.Labels[v1.OwnerLabelPrefix+"/namespace"],
		Name:      object.Labels[v1.OwnerLabelPrefix+"/name"],
	}
}

// notify wakes a set.
func (d *drift) notify(set types.NamespacedName) {
	owner := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: set.Namespace, Name: set.Name}}
	select {
	case d.events <- event.GenericEvent{Object: owner}:
	case <-d.stopped:
	}
}

// stir wakes a set in a moment, if it waits for a change of status.
func (d *drift) stir(set types.NamespacedName) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.awaited[set] || d.woken[set] {
		return
	}
	d.woken[set] = true
	time.AfterFunc(moment, func() {
		d.mu.Lock()
		delete(d.woken, set)
		d.mu.Unlock()
		d.notify(set)
	})
}

// hasDrifted reports whether an object differs in more than its status. Each
// write of a set's own comes back as well, and costs one look that finds nothing.
func hasDrifted(was, is *metav1.PartialObjectMetadata) bool {
	if is.Generation == 0 { // the kind does not count its changes
		return was.ResourceVersion != is.ResourceVersion
	}
	return was.Generation != is.Generation ||
		!maps.Equal(was.Labels, is.Labels) || !maps.Equal(was.Annotations, is.Annotations)
}
