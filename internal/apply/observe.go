package apply

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/reference"
)

// pageSize is how many objects one listing request asks for.
const pageSize = 500

// place is a kind in a namespace; an empty namespace is the whole cluster.
type place struct {
	gvk       schema.GroupVersionKind
	namespace string
}

func placeOf(o Object) place { return place{o.GroupVersionKind(), o.GetNamespace()} }

// scope is what one listing covers.
type scope struct {
	place
	// whole objects are listed, not their metadata alone.
	whole bool
}

// Observe lists the owned objects of the kinds and namespaces in the inventory.
// What it returns is whole but for the objects of which Err says why they could
// not be looked at: one kind that is forbidden, or that does not answer, keeps
// nobody from seeing the others. An error is about the API server as a whole.
//
// Metadata is enough for objects that Memory knows. Where it does not, after a
// restart, whole objects are listed: what they hold tells whether they are as
// they were applied, and costs less than writing each of them again.
func (a *Applier) Observe(ctx context.Context, inventory Inventory) (Live, error) {
	live := newLive()
	for _, s := range a.scopes(inventory) {
		err := a.observe(ctx, inventory, s, live)
		if err == nil || meta.IsNoMatchError(err) { // a kind that there is not has no objects
			continue
		}
		for _, entry := range s.of(inventory) {
			if err := live.miss(ctx, entry.Ref, fmt.Errorf("listing %s: %w", s.gvk.Kind, err)); err != nil {
				return Live{}, err
			}
		}
	}
	return live, nil
}

// observe lists the objects in a scope, or asks for each alone: an account may
// be allowed to get what it may not list.
func (a *Applier) observe(ctx context.Context, inventory Inventory, s scope, live Live) error {
	err := a.Kinds.asServed(s.gvk.GroupKind(), s.gvk.Version, func(version string) error {
		served := s
		served.gvk.Version = version
		return a.list(ctx, served, live)
	})
	if !apierrors.IsForbidden(err) && !apierrors.IsMethodNotSupported(err) {
		return err
	}
	return a.meetEach(ctx, s.of(inventory), live)
}

// of returns the entries of an inventory that a scope covers.
func (s scope) of(inventory Inventory) Inventory {
	var out Inventory
	for _, entry := range inventory {
		if entry.gvk() == s.gvk && (s.namespace == "" || entry.Namespace == s.namespace) {
			out = append(out, entry)
		}
	}
	return out
}

// scopes returns one scope for each kind and namespace, in the inventory's order.
func (a *Applier) scopes(inventory Inventory) []scope {
	var order []place
	unknown := map[place]int{}
	for _, entry := range inventory {
		p := place{gvk: entry.gvk(), namespace: entry.Namespace}
		if _, seen := unknown[p]; !seen {
			order = append(order, p)
			unknown[p] = 0
		}
		if !a.Memory.knows(entry.Ref) {
			unknown[p]++
		}
	}
	return widen(order, unknown)
}

const (
	// manyNamespaces is from when on one listing of the whole cluster is cheaper
	// than one for each namespace.
	manyNamespaces = 5
	// manyUnknown is from when on whole objects are listed.
	manyUnknown = 5
)

// widen replaces many listings of one kind by one of the whole cluster.
func widen(in []place, unknown map[place]int) []scope {
	count := map[schema.GroupVersionKind]int{}
	for _, p := range in {
		count[p.gvk]++
	}
	var out []scope
	for _, p := range in {
		wanted := scope{place: p, whole: unknown[p] > manyUnknown}
		if count[p.gvk] > manyNamespaces {
			wanted.namespace = ""
		}
		known := slices.IndexFunc(out, func(s scope) bool { return s.place == wanted.place })
		if known < 0 {
			out = append(out, wanted)
			continue
		}
		out[known].whole = out[known].whole || wanted.whole
	}
	return out
}

// list reads all owned objects in a scope, page by page.
func (a *Applier) list(ctx context.Context, s scope, into Live) error {
	next := ""
	for {
		options := []client.ListOption{
			client.InNamespace(s.namespace), client.HasLabels{nameLabel}, client.Limit(pageSize), client.Continue(next),
		}
		var err error
		if s.whole {
			next, err = a.wholePage(ctx, s.gvk, into, options)
		} else {
			next, err = a.metadataPage(ctx, s.gvk, into, options)
		}
		if err != nil || next == "" {
			return err
		}
	}
}

func (a *Applier) metadataPage(ctx context.Context, gvk schema.GroupVersionKind, into Live, options []client.ListOption) (next string, err error) {
	page := &metav1.PartialObjectMetadataList{}
	page.SetGroupVersionKind(listOf(gvk))
	if err := a.Client.List(ctx, page, options...); err != nil {
		return "", err
	}
	for i := range page.Items {
		item := &page.Items[i]
		item.SetGroupVersionKind(gvk) // items of a listing may not tell it
		into.metas[refIn(gvk, item)] = item
	}
	return page.Continue, nil
}

func (a *Applier) wholePage(ctx context.Context, gvk schema.GroupVersionKind, into Live, options []client.ListOption) (next string, err error) {
	page := &unstructured.UnstructuredList{}
	page.SetGroupVersionKind(listOf(gvk))
	if err := a.Client.List(ctx, page, options...); err != nil {
		return "", err
	}
	for i := range page.Items {
		item := &page.Items[i]
		into.metas[refIn(gvk, item)] = metaOf(item)
		into.stored[refIn(gvk, item)] = item
	}
	return page.GetContinue(), nil
}

// metaOf returns the metadata of an object that was read whole.
func metaOf(o *unstructured.Unstructured) *Meta {
	known := meta.AsPartialObjectMetadata(o)
	known.SetGroupVersionKind(o.GroupVersionKind()) // which the conversion leaves out
	return known
}

func listOf(gvk schema.GroupVersionKind) schema.GroupVersionKind {
	return gvk.GroupVersion().WithKind(gvk.Kind + "List")
}

// refIn names an object of a listing.
func refIn(gvk schema.GroupVersionKind, item metav1.Object) object.Ref {
	return object.RefTo(gvk.GroupKind(), item.GetNamespace(), item.GetName())
}

// find returns the metadata of an object, nil when the API server says that it
// is not there, nor can be: not in this version of its kind, nor in another.
func (a *Applier) find(ctx context.Context, ref object.Ref, version string) (*Meta, error) {
	found := &Meta{}
	return foundOrNil(found, a.get(ctx, ref, version, found))
}

// References reads what objects take from others, with the permissions of the
// client.
func (a *Applier) References() *reference.Resolver {
	return &reference.Resolver{Read: func(ctx context.Context, source reference.Source) (*unstructured.Unstructured, error) {
		return a.Read(ctx, object.Ref{Kind: source.Kind, Namespace: source.Namespace, Name: source.Name}, "v1")
	}}
}

// Read returns an object as it is stored, nil when it is not there.
func (a *Applier) Read(ctx context.Context, ref object.Ref, version string) (*unstructured.Unstructured, error) {
	found := &unstructured.Unstructured{}
	found, err := foundOrNil(found, a.get(ctx, ref, version, found))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", ref, err)
	}
	return found, nil
}

// get reads an object into one of its shapes.
func (a *Applier) get(ctx context.Context, ref object.Ref, version string, into client.Object) error {
	return a.Kinds.asServed(ref.GroupKind(), version, func(version string) error {
		into.GetObjectKind().SetGroupVersionKind(ref.GroupKind().WithVersion(version))
		return a.Client.Get(ctx, client.ObjectKey{Namespace: ref.Namespace, Name: ref.Name}, into)
	})
}

// foundOrNil returns nil for what is not there, and for what cannot be: a kind
// that is not served, or of which the API server keeps no objects.
func foundOrNil[T any](found *T, err error) (*T, error) {
	if isGone(err) || meta.IsNoMatchError(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}
