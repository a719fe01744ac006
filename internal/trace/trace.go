// Package trace reads what becomes of a pull request, from left to right: the
// provider that exports it, the ResourceSet that stamps out its objects, what
// Flux deploys for them, and the pods.
//
//	snapshot, err := reader.Snapshot(ctx, "app-dev") // a listing or two
//	found, err := preview.Find("api/1234", snapshot.Previews())
//	root, err := reader.Tree(ctx, snapshot, found) // everything of one preview
package trace

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/preview"
)

// Reader reads chains with the permissions of its client.
type Reader struct {
	Client client.WithWatch
	// Selector restricts the ResourceSets; all of them when nil.
	Selector labels.Selector
	// Warn is told what could not be read and is done without.
	Warn func(format string, args ...any)
	// Now is the clock.
	Now func() time.Time
}

// Snapshot reads a namespace; "" reads all. Deployers are read where the sets
// have them; those that may not be read are left out, with a warning.
func (r *Reader) Snapshot(ctx context.Context, namespace string) (preview.Snapshot, error) {
	sets, providers := &v1.ResourceSetList{}, &v1.ResourceSetInputProviderList{}
	if err := r.Client.List(ctx, sets, client.InNamespace(namespace), client.MatchingLabelsSelector{Selector: r.selector()}); err != nil {
		return preview.Snapshot{}, fmt.Errorf("listing ResourceSets: %w", err)
	}
	if err := r.Client.List(ctx, providers, client.InNamespace(namespace)); err != nil {
		return preview.Snapshot{}, fmt.Errorf("listing ResourceSetInputProviders: %w", err)
	}
	out := preview.Snapshot{Sets: sets.Items, Providers: providers.Items}
	for _, p := range placesOf(sets.Items) {
		list, err := r.deployers(ctx, p)
		switch {
		case err == nil || meta.IsNoMatchError(err):
			out.Deployers = append(out.Deployers, list...)
		case apierrors.IsForbidden(err):
			r.Warn("what Flux made of the previews is not known: %s", err)
		default:
			return preview.Snapshot{}, fmt.Errorf("listing %s: %w", p.kind.Kind, err)
		}
	}
	return out, nil
}

func (r *Reader) selector() labels.Selector {
	if r.Selector == nil {
		return labels.Everything()
	}
	return r.Selector
}

// place is a kind of deployers in a namespace.
type place struct {
	kind      schema.GroupVersionKind
	namespace string
}

// placesOf lists where sets have deployers, by their inventories.
func placesOf(sets []v1.ResourceSet) []place {
	var out []place
	for _, set := range sets {
		for _, entry := range preview.EntriesOf(set.Status.Inventory) {
			p := place{kind: entry.GroupKind().WithVersion(entry.Version), namespace: entry.Namespace}
			if flux.Deploys(entry.GroupKind()) && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

func (r *Reader) deployers(ctx context.Context, p place) ([]unstructured.Unstructured, error) {
	list := listOf(p.kind)
	err := r.Client.List(ctx, list, client.InNamespace(p.namespace), client.HasLabels{v1.OwnerLabelPrefix + "/name"})
	return list.Items, err
}

// deployedBy returns what a deployer has deployed into its own cluster.
func deployedBy(deployer *unstructured.Unstructured) []preview.Entry {
	var out []preview.Entry
	for _, one := range flux.Deployed(deployer) {
		out = append(out, preview.Entry{Ref: one.Ref, Version: one.Version})
	}
	return out
}

// depth is how many deployers may stand one below the other.
const depth = 3

// firsts returns the entries that were not met before, and meets them.
func firsts(entries []preview.Entry, met map[object.Ref]bool) []preview.Entry {
	var out []preview.Entry
	for _, entry := range entries {
		if !met[entry.Ref] {
			met[entry.Ref] = true
			out = append(out, entry)
		}
	}
	return out
}
