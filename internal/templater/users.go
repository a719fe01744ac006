package templater

import (
	"context"
	"errors"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/eddy-previews/eddy/internal/reference"
)

// users knows which sets take something from which ConfigMaps and Secrets. Each
// run says so anew, so that a restart loses nothing: every set runs once after it.
type users struct {
	mu    sync.Mutex
	bySet map[types.NamespacedName][]reference.Source
	of    map[reference.Source]map[types.NamespacedName]bool
}

// set replaces what a set takes something from.
func (u *users) set(set types.NamespacedName, sources []reference.Source) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, source := range u.bySet[set] {
		delete(u.of[source], set)
		if len(u.of[source]) == 0 {
			delete(u.of, source)
		}
	}
	delete(u.bySet, set)
	if len(sources) == 0 {
		return
	}
	if u.of == nil {
		u.bySet, u.of = map[types.NamespacedName][]reference.Source{}, map[reference.Source]map[types.NamespacedName]bool{}
	}
	u.bySet[set] = sources
	for _, source := range sources {
		if u.of[source] == nil {
			u.of[source] = map[types.NamespacedName]bool{}
		}
		u.of[source][set] = true
	}
}

// sets returns the sets that take something from a source.
func (u *users) sets(source reference.Source) []types.NamespacedName {
	u.mu.Lock()
	defer u.mu.Unlock()
	var out []types.NamespacedName
	for set := range u.of[source] {
		out = append(out, set)
	}
	return out
}

// watchConfigs wakes the sets that take something from a ConfigMap or Secret
// when it changes. The API server selects them by label, so that memory follows
// those that are labelled and not all that the cluster holds.
func (r *Reconciler) watchConfigs(mgr ctrl.Manager) error {
	if r.WatchConfigs == nil || r.WatchConfigs.Empty() {
		return nil
	}
	configs, err := cache.New(mgr.GetConfig(), cache.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
		DefaultNamespaces:    r.Namespaces,
		DefaultLabelSelector: r.WatchConfigs,
		DefaultTransform:     cache.TransformStripManagedFields(),
	})
	if err != nil {
		return fmt.Errorf("creating the cache of labelled ConfigMaps and Secrets: %w", err)
	}
	return errors.Join(mgr.Add(configs), r.follow(configs, "ConfigMap"), r.follow(configs, "Secret"))
}

func (r *Reconciler) follow(configs cache.Cache, kind string) error {
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kind))
	informer, err := configs.GetInformer(context.Background(), object, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watching %s: %w", kind, err)
	}
	wake := func(object any) {
		is := metadataOf(object)
		for _, set := range r.users.sets(reference.Source{Kind: kind, Namespace: is.Namespace, Name: is.Name}) {
			r.drift.notify(set)
		}
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    wake,
		DeleteFunc: wake,
		UpdateFunc: func(was, is any) {
			if metadataOf(was).ResourceVersion != metadataOf(is).ResourceVersion {
				wake(is)
			}
		},
	})
	return err
}
