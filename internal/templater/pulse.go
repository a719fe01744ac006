package templater

import (
	"context"
	"maps"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/rollout"
)

// pulse watches what was deployed for previews whose sets ask whether it runs, from
// the first of each kind on, and wakes those sets. It holds no objects but sums of
// them: what has changed is read as the account of the set. The nil pulse watches
// nothing.
type pulse struct {
	client     client.WithWatch
	served     *apply.Kinds
	namespaces []string
	// wake names a set, now or in a moment.
	wake func(types.NamespacedName)
	// kinds are those that are to be watched from now on.
	kinds chan schema.GroupVersionKind

	mu      sync.Mutex
	watched map[schema.GroupKind]bool
	// members are what belongs to the previews of sets, by their keys; and disturbed
	// the previews of which something has changed since it was last asked.
	members   map[types.NamespacedName]map[object.Ref]string
	disturbed map[types.NamespacedName]map[string]bool
	// heard is what has changed while sets are looked at: it may be of a preview that is
	// not known to have it before the look is over.
	heard map[types.NamespacedName]map[object.Ref]bool
}

// pulsing are the kinds that are watched. Pods are not, of which there are most: the
// status of what made one changes with it.
func pulsing() []schema.GroupVersionKind {
	workloads := slices.DeleteFunc(rollout.Workloads(), func(kind schema.GroupVersionKind) bool { return kind.Kind == "Pod" })
	return append(workloads, flux.Kustomization(), flux.HelmRelease())
}

// newPulse returns a pulse whose watches begin with the manager.
func newPulse(mgr ctrl.Manager, served *apply.Kinds, namespaces map[string]cache.Config, wake func(types.NamespacedName)) (*pulse, error) {
	asks, err := client.NewWithWatch(mgr.GetConfig(), client.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
	})
	if err != nil {
		return nil, err
	}
	p := &pulse{
		client: asks, served: served, namespaces: slices.Collect(maps.Keys(namespaces)), wake: wake, kinds: make(chan schema.GroupVersionKind),
		watched: map[schema.GroupKind]bool{},
		members: map[types.NamespacedName]map[object.Ref]string{}, disturbed: map[types.NamespacedName]map[string]bool{},
		heard: map[types.NamespacedName]map[object.Ref]bool{},
	}
	if len(p.namespaces) == 0 {
		p.namespaces = []string{metav1.NamespaceAll}
	}
	return p, mgr.Add(manager.RunnableFunc(p.run))
}

// run watches the kinds that are asked for until the context ends.
func (p *pulse) run(ctx context.Context) error {
	var watches sync.WaitGroup
	defer watches.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case kind := <-p.kinds:
			served, end := context.WithCancel(ctx)
			unserved := sync.OnceFunc(func() {
				p.giveUp(kind.GroupKind())
				end()
			})
			for _, namespace := range p.namespaces {
				for _, label := range labelsOf(kind.GroupKind()) {
					one := p.watch(kind, client.ListOptions{Namespace: namespace}, label, unserved)
					watches.Go(func() { one.RunWithContext(served) })
				}
			}
		}
	}
}

// giveUp watches a kind no more, which is served no more, until a set is looked at again
// that has some of it: what asks in vain would do so for ever.
func (p *pulse) giveUp(kind schema.GroupKind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.watched, kind)
}

// labelsOf are those by which objects of a kind are found that were deployed, each
// alone, as a selector has no "or". What a set applies itself and no deployer is, the
// watch of that tells of.
func labelsOf(kind schema.GroupKind) []string {
	out := []string{flux.Kustomization().Group + "/name", flux.HelmRelease().Group + "/name"}
	if flux.Deploys(kind) {
		out = append(out, v1.OwnerLabelPrefix+"/name")
	}
	return out
}

// watch returns what watches one kind: of deployers whole objects, as whether one is
// ready stands in its status; of all others the metadata. Unserved is called where the
// API server does not serve the kind.
func (p *pulse) watch(kind schema.GroupVersionKind, scope client.ListOptions, label string, unserved func()) *toolscache.Reflector {
	newList, one := func() client.ObjectList { return &metav1.PartialObjectMetadataList{} }, client.Object(&metav1.PartialObjectMetadata{})
	if flux.Deploys(kind.GroupKind()) {
		newList, one = func() client.ObjectList { return &unstructured.UnstructuredList{} }, &unstructured.Unstructured{}
	}
	one.GetObjectKind().SetGroupVersionKind(kind)
	ask := func(options metav1.ListOptions) (client.ObjectList, *client.ListOptions) {
		options.LabelSelector = label
		asked, list := scope, newList()
		asked.Raw = &options
		list.GetObjectKind().SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		return list, &asked
	}
	answered := func(err error) error {
		if (apierrors.IsNotFound(err) || apimeta.IsNoMatchError(err)) && p.served.ServesNoMore(kind) {
			unserved()
		}
		return err
	}
	source := &toolscache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			list, asked := ask(options)
			return list, answered(p.client.List(ctx, list, asked))
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			list, asked := ask(options)
			watched, err := p.client.Watch(ctx, list, asked)
			return watched, answered(err)
		},
	}
	known := newSums(func(name types.NamespacedName) { p.changed(kind.GroupKind(), name) })
	return toolscache.NewReflectorWithOptions(source, one, known, toolscache.ReflectorOptions{Name: "what previews have deployed"})
}

// begin returns which previews of a set were disturbed since it was last asked. The set
// is looked at now, until follow.
func (p *pulse) begin(set types.NamespacedName) map[string]bool {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.disturbed[set]
	delete(p.disturbed, set)
	p.heard[set] = map[object.Ref]bool{}
	return out
}

// disturb tells of an object that a set has applied. Of a deployer more is known by
// what is watched of it.
func (p *pulse) disturb(kind schema.GroupKind, is any) {
	if found := metadataOf(is); !flux.Deploys(kind) {
		p.changed(kind, types.NamespacedName{Namespace: found.Namespace, Name: found.Name})
	}
}

// changed wakes the sets to whose previews an object belongs.
func (p *pulse) changed(kind schema.GroupKind, name types.NamespacedName) {
	for _, set := range p.note(object.RefTo(kind, name.Namespace, name.Name)) {
		p.wake(set)
	}
}

// note notes that an object has changed, and returns the sets that it concerns.
func (p *pulse) note(id object.Ref) []types.NamespacedName {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, heard := range p.heard {
		heard[id] = true
	}
	var out []types.NamespacedName
	for set, members := range p.members {
		if key, is := members[id]; is {
			p.unsettle(set, key)
			out = append(out, set)
		}
	}
	return out
}

// unsettle notes that something of a preview has changed. The lock is held.
func (p *pulse) unsettle(set types.NamespacedName, key string) {
	if p.disturbed[set] == nil {
		p.disturbed[set] = map[string]bool{}
	}
	p.disturbed[set][key] = true
}

// follow replaces what belongs to the previews of a set, and has what is new among its
// kinds watched. What has happened to it since the look began wakes the set: of a kind
// that is watched now, the beginning of that tells.
func (p *pulse) follow(ctx context.Context, set types.NamespacedName, byPreview map[string][]object.Ref) {
	if p == nil {
		return
	}
	members, kinds := map[object.Ref]string{}, map[schema.GroupKind]bool{}
	for key, ids := range byPreview {
		for _, id := range ids {
			members[id] = key
			kinds[id.GroupKind()] = true
		}
	}
	unseen, isNews := p.replace(set, members, kinds)
	if isNews {
		p.wake(set)
	}
	for _, kind := range unseen {
		select {
		case p.kinds <- kind:
		case <-ctx.Done():
			p.giveUp(kind.GroupKind())
		}
	}
}

// replace replaces the members of a set, and returns which of their kinds are not
// watched yet, and whether something was heard of one that was none before.
func (p *pulse) replace(set types.NamespacedName, members map[object.Ref]string, kinds map[schema.GroupKind]bool) (unseen []schema.GroupVersionKind, isNews bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id := range p.heard[set] {
		_, was := p.members[set][id]
		if key, is := members[id]; is && !was {
			p.unsettle(set, key)
			isNews = true
		}
	}
	delete(p.heard, set)
	if !maps.Equal(p.members[set], members) {
		p.members[set] = members
	}
	for _, kind := range pulsing() {
		if kinds[kind.GroupKind()] && !p.watched[kind.GroupKind()] {
			p.watched[kind.GroupKind()] = true
			unseen = append(unseen, kind)
		}
	}
	return unseen, isNews
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
	delete(p.heard, set)
}
