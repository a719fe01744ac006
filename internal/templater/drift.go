package templater

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/selection"
	toolscache "k8s.io/client-go/tools/cache"
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
	cache  cache.Cache
	mapper apimeta.RESTMapper
	// events name the sets whose objects may need repair.
	events chan event.GenericEvent
	// stopped is closed when nobody reads the events any more.
	stopped chan struct{}

	mu      sync.Mutex
	watched map[schema.GroupKind]bool
}

// syncTimeout bounds how long the first run that applies a kind waits for the
// watch to begin. Without it, what happens meanwhile is found an interval later.
const syncTimeout = 5 * time.Second

// newDrift returns a drift whose cache starts with the manager.
func newDrift(mgr ctrl.Manager, namespaces map[string]cache.Config) (*drift, error) {
	owned, err := labels.NewRequirement(v1.OwnerLabelPrefix+"/name", selection.Exists, nil)
	if err != nil {
		return nil, err
	}
	metadata, err := cache.New(mgr.GetConfig(), cache.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
		DefaultNamespaces:    namespaces,
		DefaultLabelSelector: labels.NewSelector().Add(*owned),
	})
	if err != nil {
		return nil, fmt.Errorf("creating the cache of owned objects: %w", err)
	}
	d := &drift{
		cache: metadata, mapper: mgr.GetRESTMapper(),
		events: make(chan event.GenericEvent), stopped: make(chan struct{}),
		watched: map[schema.GroupKind]bool{},
	}
	stop := manager.RunnableFunc(func(ctx context.Context) error {
		<-ctx.Done()
		close(d.stopped)
		return nil
	})
	return d, errors.Join(mgr.Add(metadata), mgr.Add(stop))
}

// watch follows the kinds of an inventory from now on. It comes before the
// objects are looked at, so that nothing happens to them unseen in between.
func (d *drift) watch(ctx context.Context, inventory apply.Inventory) error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, entry := range inventory {
		kind := schema.GroupKind{Group: entry.Group, Kind: entry.Kind}
		if d.watched[kind] || !d.isKnown(kind, entry.Version) {
			continue
		}
		if err := d.follow(ctx, kind.WithVersion(entry.Version)); err != nil {
			return fmt.Errorf("watching %s: %w", kind, err)
		}
		d.watched[kind] = true
	}
	return nil
}

// isKnown reports whether the cluster serves a kind; one whose definition is
// still missing is watched from a later run on.
func (d *drift) isKnown(kind schema.GroupKind, version string) bool {
	_, err := d.mapper.RESTMapping(kind, version)
	return err == nil
}

// follow starts to watch one kind.
func (d *drift) follow(ctx context.Context, gvk schema.GroupVersionKind) error {
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(gvk)
	informer, err := d.cache.GetInformer(ctx, object, cache.BlockUntilSynced(false))
	if err != nil {
		return err
	}
	registered, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		UpdateFunc: func(was, is any) {
			if before, after := metadataOf(was), metadataOf(is); hasDrifted(before, after) {
				d.notify(after)
			}
		},
		DeleteFunc: func(object any) { d.notify(metadataOf(object)) },
	})
	if err != nil {
		return err
	}
	timed, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	// An account that may not watch never gets there, and goes without.
	_ = toolscache.WaitForCacheSync(timed.Done(), registered.HasSynced)
	return nil
}

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

// notify wakes the set that an object's labels name.
func (d *drift) notify(object *metav1.PartialObjectMetadata) {
	owner := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{
		Namespace: object.Labels[v1.OwnerLabelPrefix+"/namespace"],
		Name:      object.Labels[v1.OwnerLabelPrefix+"/name"],
	}}
	select {
	case d.events <- event.GenericEvent{Object: owner}:
	case <-d.stopped:
	}
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
