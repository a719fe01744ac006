package trace

import (
	"context"
	"slices"

	"github.com/fluxcd/cli-utils/pkg/object"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/rollout"
)

// fewNamespaces is up to how many namespaces are listed one by one. Beyond, a
// listing of them all is cheaper.
const fewNamespaces = 10

// Observe is Snapshot, and whether what was deployed for the previews runs. Pods
// and events are read only where something is late.
func (r *Reader) Observe(ctx context.Context, namespace string) (preview.Snapshot, error) {
	out, err := r.Snapshot(ctx, namespace)
	if err != nil {
		return out, err
	}
	roots, world := rootsOf(out.Sets), rollout.NewWorld(out.Deployers...)
	for range depthOfWants {
		r.list(ctx, world, rollout.Wanted(roots, world))
	}
	r.list(ctx, world, rollout.Details(roots, world))
	out.Rollouts = r.judge(roots, world)
	return out, nil
}

// depthOfWants is how often it is asked what else is wanted: once for workloads and
// the deployers beside them, and once for the workloads of those.
const depthOfWants = 2

// rootsOf lists the objects that sets own.
func rootsOf(sets []v1.ResourceSet) []object.ObjMetadata {
	var out []object.ObjMetadata
	for _, set := range sets {
		for _, entry := range preview.EntriesOf(set.Status.Inventory) {
			out = append(out, entry.ObjMetadata)
		}
	}
	return out
}

func (r *Reader) judge(roots []object.ObjMetadata, world *rollout.World) map[object.ObjMetadata]preview.Rollout {
	out := make(map[object.ObjMetadata]preview.Rollout, len(roots))
	for _, root := range roots {
		out[root] = rollout.Of(root, world, r.Now())
	}
	return out
}

// list adds places to a world. What may not be read is left out, with a warning.
func (r *Reader) list(ctx context.Context, world *rollout.World, places []rollout.Place) {
	for _, scope := range scopesOf(places) {
		found, err := r.all(ctx, scope)
		switch {
		case err == nil:
			for _, place := range places {
				if scope.holds(place) {
					world.Add(place, inNamespace(found, place.Namespace)...)
				}
			}
		case !meta.IsNoMatchError(err) && ctx.Err() == nil:
			r.Warn("whether the previews run is not known: %s", err)
		}
	}
}

// scope is one listing: of a namespace, or of all.
type scope rollout.Place

func (s scope) holds(place rollout.Place) bool {
	return s.GroupVersionKind == place.GroupVersionKind && (s.Namespace == "" || s.Namespace == place.Namespace)
}

// scopesOf are the listings that bring some places.
func scopesOf(places []rollout.Place) []scope {
	namespaces := map[schema.GroupVersionKind]int{}
	for _, place := range places {
		namespaces[place.GroupVersionKind]++
	}
	var out []scope
	for _, place := range places {
		one := scope(place)
		if namespaces[place.GroupVersionKind] > fewNamespaces {
			one.Namespace = ""
		}
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// all lists a scope.
func (r *Reader) all(ctx context.Context, s scope) ([]unstructured.Unstructured, error) {
	list := listOf(s)
	err := r.Client.List(ctx, list, client.InNamespace(s.Namespace))
	return list.Items, err
}

func listOf(s scope) *unstructured.UnstructuredList {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(s.GroupVersion().WithKind(s.Kind + "List"))
	return list
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

// mayList reports whether a scope can be followed: a watch of what may not be read
// never begins.
func (r *Reader) mayList(ctx context.Context, s scope) bool {
	err := r.Client.List(ctx, listOf(s), client.InNamespace(s.Namespace), client.Limit(1))
	if err != nil && !meta.IsNoMatchError(err) && !apierrors.IsNotFound(err) && ctx.Err() == nil {
		r.Warn("whether the previews run is not known: %s", err)
	}
	return err == nil
}
