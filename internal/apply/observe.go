package apply

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// pageSize is how many objects one listing request asks for.
const pageSize = 500

// Meta is the metadata of an object in the cluster.
type Meta = metav1.PartialObjectMetadata

// Live is what the cluster holds of the objects that were observed: of each,
// its metadata if it carries the labels of some owner.
type Live map[Ref]*Meta

// Get returns the metadata of an owned object, nil when there is none such.
func (l Live) Get(ref Ref) *Meta { return l[ref] }

// scope is what one listing covers; an empty namespace is the whole cluster.
type scope struct {
	gvk       schema.GroupVersionKind
	namespace string
}

// Observe lists the owned objects of the kinds and namespaces in the inventory.
// It is whole or an error. A kind that the cluster does not know has none.
func (a *Applier) Observe(ctx context.Context, inventory Inventory) (Live, error) {
	live := Live{}
	for _, s := range scopes(inventory) {
		err := a.list(ctx, s, live)
		switch {
		case err == nil || meta.IsNoMatchError(err):
		case apierrors.IsForbidden(err):
			if err := a.getEach(ctx, inventory, s, live); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("listing %s: %w", s.gvk.Kind, err)
		}
	}
	return live, nil
}

// scopes returns one scope for each kind and namespace, in the inventory's order.
func scopes(inventory Inventory) []scope {
	var out []scope
	seen := map[scope]bool{}
	for _, entry := range inventory {
		s := scope{gvk: entry.gvk(), namespace: entry.Namespace}
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return widen(out)
}

// manyNamespaces is from when on one listing of the whole cluster is cheaper
// than one for each namespace.
const manyNamespaces = 5

// widen replaces many listings of one kind by one of the whole cluster.
func widen(in []scope) []scope {
	count := map[schema.GroupVersionKind]int{}
	for _, s := range in {
		count[s.gvk]++
	}
	var out []scope
	for _, s := range in {
		if count[s.gvk] > manyNamespaces {
			s.namespace = ""
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// list reads the metadata of all owned objects in a scope, page by page.
func (a *Applier) list(ctx context.Context, s scope, into Live) error {
	next := ""
	for {
		page := &metav1.PartialObjectMetadataList{}
		page.SetGroupVersionKind(s.gvk.GroupVersion().WithKind(s.gvk.Kind + "List"))
		err := a.Client.List(ctx, page, client.InNamespace(s.namespace), client.HasLabels{nameLabel},
			client.Limit(pageSize), client.Continue(next))
		if err != nil {
			return err
		}
		for i := range page.Items {
			item := &page.Items[i]
			into[Ref{Group: s.gvk.Group, Kind: s.gvk.Kind, Namespace: item.Namespace, Name: item.Name}] = item
		}
		if next = page.Continue; next == "" {
			return nil
		}
	}
}

// getEach asks for each object alone: an account may be allowed to get what it
// may not list.
func (a *Applier) getEach(ctx context.Context, inventory Inventory, s scope, into Live) error {
	for _, entry := range inventory {
		if entry.gvk() != s.gvk || (s.namespace != "" && entry.Namespace != s.namespace) {
			continue
		}
		found, err := a.getVersion(ctx, entry.Ref, entry.Version)
		if err != nil {
			return fmt.Errorf("reading %s: %w", entry.Ref, err)
		}
		if found != nil && found.Labels[nameLabel] != "" {
			into[entry.Ref] = found
		}
	}
	return nil
}

// get returns the metadata of an object, nil when there is none.
func (a *Applier) get(ctx context.Context, ref Ref) (*Meta, error) {
	mapping, err := a.Client.RESTMapper().RESTMapping(schema.GroupKind{Group: ref.Group, Kind: ref.Kind})
	if meta.IsNoMatchError(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return a.getVersion(ctx, ref, mapping.GroupVersionKind.Version)
}

func (a *Applier) getVersion(ctx context.Context, ref Ref, version string) (*Meta, error) {
	found := &Meta{}
	found.SetGroupVersionKind(schema.GroupVersionKind{Group: ref.Group, Version: version, Kind: ref.Kind})
	err := a.Client.Get(ctx, client.ObjectKey{Namespace: ref.Namespace, Name: ref.Name}, found)
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return nil, nil
	}
	return found, err
}
