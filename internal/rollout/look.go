package rollout

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/eddy-previews/eddy/internal/object"
)

// Lister lists the objects of a place; of all namespaces, where it has none.
type Lister func(ctx context.Context, place Place) ([]unstructured.Unstructured, error)

// Look fills a world with what is to be known of roots: workloads, and only where
// one is late its pods and events. It returns why a place could not be listed; of
// such nothing is said.
func Look(ctx context.Context, roots []object.Ref, w *World, list Lister) (unseen []error) {
	for range wantedDepth {
		unseen = append(unseen, w.list(ctx, Wanted(roots, w), list)...)
	}
	return append(unseen, w.list(ctx, Details(roots, w), list)...)
}

// wantedDepth is how often it is asked what else is wanted: for workloads and the
// deployers beside them, and for the workloads of those.
const wantedDepth = 2

func (w *World) list(ctx context.Context, places []Place, list Lister) (unseen []error) {
	for _, scope := range Scopes(places) {
		err := w.listOne(ctx, scope, places, list)
		if err != nil && scope.Namespace == "" { // who may not look at all may look at some
			err = w.listEach(ctx, scope, places, list)
		}
		if err != nil {
			unseen = append(unseen, err)
		}
	}
	return unseen
}

// listOne adds a listing. One that failed is not tried again.
func (w *World) listOne(ctx context.Context, scope Place, places []Place, list Lister) error {
	if w.unseen[scope] {
		return nil
	}
	found, err := list(ctx, scope)
	if err != nil {
		w.unseen[scope] = true
		return err
	}
	w.AddScope(scope, places, found)
	return nil
}

// listEach lists the places of a scope one by one, and returns the first error.
func (w *World) listEach(ctx context.Context, scope Place, places []Place, list Lister) (first error) {
	for _, place := range places {
		if !scope.Holds(place) {
			continue
		}
		if err := w.listOne(ctx, place, places, list); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// AddScope adds what was listed of a scope to those of some places that it holds.
func (w *World) AddScope(scope Place, places []Place, found []unstructured.Unstructured) {
	for _, place := range places {
		if scope.Holds(place) {
			w.Add(place, inNamespace(found, place.Namespace)...)
		}
	}
}

// fewNamespaces is up to how many namespaces are listed one by one. Beyond, a
// listing of them all is cheaper.
const fewNamespaces = 10

// Scopes are the listings that bring some places: of a namespace, or of all.
func Scopes(places []Place) []Place {
	namespaces := map[schema.GroupVersionKind]int{}
	for _, place := range places {
		namespaces[place.GroupVersionKind]++
	}
	var out []Place
	for _, place := range places {
		if namespaces[place.GroupVersionKind] > fewNamespaces {
			place.Namespace = ""
		}
		if !slices.Contains(out, place) {
			out = append(out, place)
		}
	}
	return out
}

// Holds reports whether a listing of the place brings another.
func (p Place) Holds(place Place) bool {
	return p.GroupVersionKind == place.GroupVersionKind && (p.Namespace == "" || p.Namespace == place.Namespace)
}

func inNamespace(all []unstructured.Unstructured, namespace string) []unstructured.Unstructured {
	var out []unstructured.Unstructured
	for _, one := range all {
		if one.GetNamespace() == namespace {
			out = append(out, one)
		}
	}
	return out
}
