package trace

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/rollout"
)

// moment is how long changes are gathered before they are looked at together.
const moment = 50 * time.Millisecond

// Follow shows a namespace ("" for all) as it is, and again whenever it has
// changed, until see says that it is done, the context ends, or something fails.
// Nothing is polled. A connection that is lost is taken up again.
func (r *Reader) Follow(ctx context.Context, namespace string, see func(preview.Snapshot) (done bool, err error)) error {
	first, err := r.Observe(ctx, namespace) // says what may not be read, which a watch does not
	if err != nil {
		return err
	}
	if done, err := see(first); done || err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f := &following{
		Reader: r, changed: make(chan struct{}, 1), places: map[place]toolscache.SharedIndexInformer{},
		running: map[rollout.Place]toolscache.SharedIndexInformer{},
	}
	f.sets = f.start(ctx, watching{
		kind: &v1.ResourceSet{}, list: &v1.ResourceSetList{}, scope: client.ListOptions{Namespace: namespace, LabelSelector: r.selector()},
	})
	f.providers = f.start(ctx, watching{
		kind: &v1.ResourceSetInputProvider{}, list: &v1.ResourceSetInputProviderList{}, scope: client.ListOptions{Namespace: namespace},
	})
	f.follow(ctx, first)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.changed:
		}
		time.Sleep(moment)
		if !f.synced() {
			continue // the next event comes with the rest of the listing
		}
		now, world := f.snapshot(ctx)
		f.follow(ctx, now)
		if f.followRollouts(ctx, now, world) {
			continue // it is looked at once that is known
		}
		if done, err := see(now); done || err != nil {
			return err
		}
	}
}

// following is what a Follow watches.
type following struct {
	*Reader
	sets, providers toolscache.SharedIndexInformer
	places          map[place]toolscache.SharedIndexInformer
	// running are the workloads, and pods and events where one was late; nil what
	// may not be read.
	running map[rollout.Place]toolscache.SharedIndexInformer
	changed chan struct{}
}

// follow watches the deployers of places that are new.
func (f *following) follow(ctx context.Context, now preview.Snapshot) {
	for _, p := range placesOf(now.Sets) {
		if f.places[p] != nil {
			continue
		}
		one := &unstructured.Unstructured{}
		one.SetGroupVersionKind(p.kind)
		owned, err := labels.Parse(v1.OwnerLabelPrefix + "/name")
		if err != nil {
			return // it is a constant
		}
		f.places[p] = f.start(ctx, watching{kind: one, list: listOf(p.kind), scope: client.ListOptions{Namespace: p.namespace, LabelSelector: owned}})
	}
}

// start watches one kind, and tells that something has changed: that it is known
// there is nothing as well.
func (f *following) start(ctx context.Context, w watching) toolscache.SharedIndexInformer {
	w.tell = func(any) {
		select {
		case f.changed <- struct{}{}:
		default: // it is known already
		}
	}
	informer := f.watch(ctx, w)
	go func() {
		if toolscache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
			w.tell(nil)
		}
	}()
	return informer
}

// watching is what to watch: objects of a kind, and who is told of each.
type watching struct {
	kind  runtime.Object
	list  client.ObjectList
	scope client.ListOptions
	tell  func(object any)
}

// watch watches one kind until the context ends.
func (r *Reader) watch(ctx context.Context, w watching) toolscache.SharedIndexInformer {
	informer := toolscache.NewSharedIndexInformer(&toolscache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			out, _ := w.list.DeepCopyObject().(client.ObjectList)
			scope := w.scope
			scope.Raw = &options
			return out, r.Client.List(ctx, out, &scope)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			out, _ := w.list.DeepCopyObject().(client.ObjectList)
			scope := w.scope
			scope.Raw = &options
			return r.Client.Watch(ctx, out, &scope)
		},
	}, w.kind, 0, nil)
	_ = informer.SetWatchErrorHandlerWithContext(func(ctx context.Context, _ *toolscache.Reflector, err error) {
		if ctx.Err() == nil {
			r.Warn("watching is taken up again: %s", err)
		}
	}) // fails only where it has begun
	_, _ = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc: w.tell, DeleteFunc: w.tell, UpdateFunc: func(_, now any) { w.tell(now) },
	}) // fails only where it has ended
	go informer.RunWithContext(ctx)
	return informer
}

// followRollouts watches what is wanted to say whether previews run, and reports
// whether some of that is new. Who may not watch all namespaces may watch some.
func (f *following) followRollouts(ctx context.Context, now preview.Snapshot, world *rollout.World) (began bool) {
	roots := rootsOf(now.Sets)
	places := slices.Concat(rollout.Wanted(roots, world), rollout.Details(roots, world))
	for _, scope := range rollout.Scopes(places) {
		began = f.begin(ctx, scope) || began
		if scope.Namespace != "" || f.running[scope] != nil {
			continue
		}
		for _, place := range places {
			if scope.Holds(place) {
				began = f.begin(ctx, place) || began
			}
		}
	}
	return began
}

// begin watches a scope where that is not tried yet, and reports whether it does.
func (f *following) begin(ctx context.Context, scope rollout.Place) bool {
	if _, tried := f.running[scope]; tried {
		return false
	}
	f.running[scope] = nil
	if !f.mayList(ctx, scope) {
		return false
	}
	one := &unstructured.Unstructured{}
	one.SetGroupVersionKind(scope.GroupVersionKind)
	f.running[scope] = f.start(ctx, watching{kind: one, list: listOf(scope.GroupVersionKind), scope: client.ListOptions{Namespace: scope.Namespace}})
	return true
}

func (f *following) synced() bool {
	for _, informer := range slices.Concat(slices.Collect(maps.Values(f.places)), slices.Collect(maps.Values(f.running))) {
		if informer != nil && !informer.HasSynced() {
			return false
		}
	}
	return f.sets.HasSynced() && f.providers.HasSynced()
}

// snapshot takes what the watches know.
func (f *following) snapshot(ctx context.Context) (preview.Snapshot, *rollout.World) {
	var out preview.Snapshot
	for _, item := range f.sets.GetStore().List() {
		if set, ok := item.(*v1.ResourceSet); ok {
			out.Sets = append(out.Sets, *set)
		}
	}
	for _, item := range f.providers.GetStore().List() {
		if provider, ok := item.(*v1.ResourceSetInputProvider); ok {
			out.Providers = append(out.Providers, *provider)
		}
	}
	for _, informer := range f.places {
		out.Deployers = append(out.Deployers, storedIn(informer)...)
	}
	roots, world := rootsOf(out.Sets), rollout.NewWorld(out.Deployers...)
	_ = rollout.Look(ctx, roots, world, f.known) // what is not watched yet, or may not be, is left out
	out.Rollouts = f.judge(roots, world)
	return out, world
}

// errNotWatched says that nothing is known of a place.
var errNotWatched = errors.New("it is not watched")

// known lists a place as far as it is watched.
func (f *following) known(_ context.Context, place rollout.Place) ([]unstructured.Unstructured, error) {
	for scope, informer := range f.running {
		if informer != nil && scope.Holds(place) {
			return storedIn(informer), nil
		}
	}
	return nil, errNotWatched
}

// storedIn lists what a watch knows, to be read only.
func storedIn(informer toolscache.SharedIndexInformer) []unstructured.Unstructured {
	var out []unstructured.Unstructured
	for _, item := range informer.GetStore().List() {
		if one, ok := item.(*unstructured.Unstructured); ok {
			out = append(out, *one)
		}
	}
	return out
}
