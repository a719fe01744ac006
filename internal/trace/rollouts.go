package trace

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/rollout"
)

// Observe is Snapshot, and whether what was deployed for the previews runs. Pods
// and events are read only where something is late.
func (r *Reader) Observe(ctx context.Context, namespace string) (preview.Snapshot, error) {
	out, err := r.Snapshot(ctx, namespace)
	if err != nil {
		return out, err
	}
	roots, world := rootsOf(out.Sets), rollout.NewWorld(out.Deployers...)
	for _, err := range rollout.Look(ctx, roots, world, r.all) {
		r.unseen(ctx, err)
	}
	out.Rollouts = r.judge(roots, world)
	return out, nil
}

// rootsOf lists the objects that sets own.
func rootsOf(sets []v1.ResourceSet) []object.Ref {
	var out []object.Ref
	for _, set := range sets {
		for _, entry := range preview.EntriesOf(set.Status.Inventory) {
			out = append(out, entry.Ref)
		}
	}
	return out
}

func (r *Reader) judge(roots []object.Ref, world *rollout.World) map[object.Ref]preview.Rollout {
	out := make(map[object.Ref]preview.Rollout, len(roots))
	for _, root := range roots {
		out[root] = rollout.Of(root, world, r.Now())
	}
	return out
}

// unseen warns of what may not be read, and is left out.
func (r *Reader) unseen(ctx context.Context, err error) {
	if !meta.IsNoMatchError(err) && ctx.Err() == nil {
		r.Warn("whether the previews run is not known: %s", err)
	}
}

// all lists a place.
func (r *Reader) all(ctx context.Context, place rollout.Place) ([]unstructured.Unstructured, error) {
	list := listOf(place.GroupVersionKind)
	err := r.Client.List(ctx, list, client.InNamespace(place.Namespace))
	return list.Items, err
}

// listOf is a list of a kind, to be filled.
func listOf(kind schema.GroupVersionKind) *unstructured.UnstructuredList {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
	return list
}

// mayList reports whether a place can be followed: a watch of what may not be read
// never begins.
func (r *Reader) mayList(ctx context.Context, place rollout.Place) bool {
	err := r.Client.List(ctx, listOf(place.GroupVersionKind), client.InNamespace(place.Namespace), client.Limit(1))
	if err != nil && place.Namespace != "" { // of all of them, one by one is tried next
		r.unseen(ctx, err)
	}
	return err == nil
}
