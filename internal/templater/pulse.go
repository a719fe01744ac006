package templater

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/fluxcd/cli-utils/pkg/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/rollout"
)

// pulse watches the workloads that Flux has deployed, from the first set on that
// asks whether they run, and wakes the sets to whose previews they belong. It holds
// their metadata alone: what has changed is read as the account of the set. The nil
// pulse watches nothing.
type pulse struct {
	// caches are one for each kind of deployers, as a selector has no "or".
	caches []cache.Cache
	// wake names a set, now or in a moment.
	wake func(types.NamespacedName)
	once sync.Once

	mu sync.Mutex
	// members are what belongs to the previews of sets, by their keys; and disturbed
	// the previews of which something has changed since it was last asked.
	members   map[types.NamespacedName]map[object.ObjMetadata]string
	disturbed map[types.NamespacedName]map[string]bool
}

// watchedWorkloads are not pods, of which there are most: the status of what made one
// changes with it.
func watchedWorkloads() []schema.GroupVersionKind {
	return slices.DeleteFunc(rollout.Workloads(), func(kind schema.GroupVersionKind) bool { return kind.Kind == "Pod" })
}

// newPulse returns a pulse whose caches start with the manager.
func newPulse(mgr ctrl.Manager, namespaces map[string]cache.Config, wake func(types.NamespacedName)) (*pulse, error) {
	p := &pulse{
		wake: wake, members: map[types.NamespacedName]map[object.ObjMetadata]string{}, disturbed: map[types.NamespacedName]map[string]bool{},
	}
	for _, group := range []string{flux.Kustomization().Group, flux.HelmRelease().Group} {
		deployed, err := labels.NewRequirement(group+"/name", selection.Exists, nil)
		if err != nil {
			return nil, err
		}
		one, err := cache.New(mgr.GetConfig(), cache.Options{
			HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
			DefaultNamespaces: namespaces, DefaultLabelSelector: labels.NewSelector().Add(*deployed),
			DefaultTransform: onlyNamed, DefaultUnsafeDisableDeepCopy: ptr.To(true),
		})
		if err != nil {
			return nil, err
		}
		if err := mgr.Add(one); err != nil {
			return nil, err
		}
		p.caches = append(p.caches, one)
	}
	return p, nil
}

// onlyNamed drops all but what an object is called, and its version.
func onlyNamed(is any) (any, error) {
	if one, ok := is.(*metav1.PartialObjectMetadata); ok {
		one.ObjectMeta = metav1.ObjectMeta{Namespace: one.Namespace, Name: one.Name, UID: one.UID, ResourceVersion: one.ResourceVersion}
	}
	return is, nil
}

// begin starts the watch, and returns which previews of a set were disturbed since
// it was last asked.
func (p *pulse) begin(ctx context.Context, set types.NamespacedName) map[string]bool {
	if p == nil {
		return nil
	}
	p.once.Do(func() {
		for _, one := range p.caches {
			for _, kind := range watchedWorkloads() {
				if err := p.watch(ctx, one, kind); err != nil {
					ctrl.LoggerFrom(ctx).Error(err, "watching workloads; they are looked at now and then", "kind", kind.String())
				}
			}
		}
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.disturbed[set]
	delete(p.disturbed, set)
	return out
}

func (p *pulse) watch(ctx context.Context, in cache.Cache, kind schema.GroupVersionKind) error {
	empty := &metav1.PartialObjectMetadata{}
	empty.SetGroupVersionKind(kind)
	informer, err := in.GetInformer(ctx, empty, cache.BlockUntilSynced(false))
	if err != nil {
		return err
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerDetailedFuncs{
		AddFunc: func(is any, isInInitialList bool) {
			if !isInInitialList {
				p.disturb(kind.GroupKind(), is)
			}
		},
		UpdateFunc: func(was, is any) {
			if metadataOf(was).ResourceVersion != metadataOf(is).ResourceVersion {
				p.disturb(kind.GroupKind(), is)
			}
		},
		DeleteFunc: func(is any) { p.disturb(kind.GroupKind(), is) },
	})
	return err
}

// disturb wakes the sets to whose previews an object belongs.
func (p *pulse) disturb(kind schema.GroupKind, is any) {
	found := metadataOf(is)
	id := object.ObjMetadata{GroupKind: kind, Namespace: found.Namespace, Name: found.Name}
	for _, set := range p.note(id) {
		p.wake(set)
	}
}

// note notes that an object has changed, and returns the sets that it concerns.
func (p *pulse) note(id object.ObjMetadata) []types.NamespacedName {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []types.NamespacedName
	for set, members := range p.members {
		key, is := members[id]
		if !is {
			continue
		}
		if p.disturbed[set] == nil {
			p.disturbed[set] = map[string]bool{}
		}
		p.disturbed[set][key] = true
		out = append(out, set)
	}
	return out
}

// follow replaces what belongs to the previews of a set.
func (p *pulse) follow(set types.NamespacedName, byPreview map[string][]object.ObjMetadata) {
	if p == nil {
		return
	}
	members := map[object.ObjMetadata]string{}
	for key, ids := range byPreview {
		for _, id := range ids {
			members[id] = key
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !maps.Equal(p.members[set], members) {
		p.members[set] = members
	}
}

// forget forgets a set.
func (p *pulse) forget(set types.NamespacedName) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.members, set)
	delete(p.disturbed, set)
}
