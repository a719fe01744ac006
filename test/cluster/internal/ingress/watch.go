package ingress

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"sync"

	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
	networkinglisters "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"
)

// watcher knows the routes and endpoints of a cluster, by watching it.
type watcher struct {
	ingresses networkinglisters.IngressLister
	services  corelisters.ServiceLister
	slices    discoverylisters.EndpointSliceLister

	mu    sync.RWMutex
	table Table
	// touched holds the Ingresses whose status may need a word from us.
	touched chan *networkingv1.Ingress
}

// watch starts watching and returns once all that there is has been seen.
func watch(ctx context.Context, client kubernetes.Interface) (*watcher, error) {
	factory := informers.NewSharedInformerFactory(client, 0)
	w := &watcher{
		ingresses: factory.Networking().V1().Ingresses().Lister(),
		services:  factory.Core().V1().Services().Lister(),
		slices:    factory.Discovery().V1().EndpointSlices().Lister(),
		touched:   make(chan *networkingv1.Ingress, 1024),
	}
	_, err := factory.Networking().V1().Ingresses().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { w.changed(ctx, object) },
		UpdateFunc: func(_, object any) { w.changed(ctx, object) },
		DeleteFunc: func(any) { w.rebuild() },
	})
	if err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return nil, fmt.Errorf("cannot watch %v", kind)
		}
	}
	w.rebuild()
	return w, nil
}

func (w *watcher) changed(ctx context.Context, object any) {
	w.rebuild()
	ingress, ok := object.(*networkingv1.Ingress)
	if !ok || !Mine(ingress) {
		return
	}
	select {
	case w.touched <- ingress:
	case <-ctx.Done():
	}
}

// rebuild makes the table anew. A local system has some hundreds of Ingresses
// at most, for which that takes well under a millisecond.
func (w *watcher) rebuild() {
	ingresses, err := w.ingresses.List(labels.Everything())
	if err != nil {
		return // a lister reads from memory and does not fail
	}
	sort.Slice(ingresses, func(i, j int) bool {
		return ingresses[i].CreationTimestamp.Before(&ingresses[j].CreationTimestamp)
	})
	table := NewTable(ingresses)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.table = table
}

// Table is the current table of routes.
func (w *watcher) Table() Table {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.table
}

// Addresses are host:port of the ready endpoints of a backend.
func (w *watcher) Addresses(backend Backend) ([]string, error) {
	service, err := w.services.Services(backend.Namespace).Get(backend.Service)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the Service %s/%s is not there", backend.Namespace, backend.Service), err)
	}
	slices, err := w.slices.EndpointSlices(backend.Namespace).List(labels.SelectorFromSet(labels.Set{
		discoveryv1.LabelServiceName: backend.Service,
	}))
	if err != nil {
		return nil, err
	}
	return addresses(service, slices, backend)
}
