package templater

import (
	"context"
	"errors"
	"io"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/eddy-previews/eddy/internal/apply"
)

// note notes that a watch is broken. One that the API server ends, as it does now and then,
// is not; and one of a kind that is served no more is given up.
func (d *drift) note(ctx context.Context, err error) {
	if err == nil || errors.Is(err, io.EOF) || apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		return
	}
	if apierrors.IsNotFound(err) { // which does not say of what
		go d.giveUp(ctx) // it stops whoever tells of it
		return
	}
	d.doubt(resourceIn(err))
}

// doubt notes that the watch of a resource is not to be relied on for what came before now.
func (d *drift) doubt(resource schema.GroupResource) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken[resource] = time.Now() //nolint:forbidigo // a watch takes real time
}

// resourceIn is what an answer of the API server is about; none where it is about the way
// there, or who asks.
func resourceIn(err error) schema.GroupResource {
	var said apierrors.APIStatus
	if !errors.As(err, &said) || said.Status().Details == nil || apierrors.IsUnauthorized(err) {
		return schema.GroupResource{}
	}
	return schema.GroupResource{Group: said.Status().Details.Group, Resource: said.Status().Details.Kind}
}

// heardSince reports whether no watch was broken since a time, of the kinds of an
// inventory.
func (d *drift) heardSince(looked time.Time, inventory apply.Inventory) bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.broken[schema.GroupResource{}].Before(looked) {
		return false
	}
	for _, kind := range inventory.Kinds() {
		served, err := d.kinds.Known(kind)
		if err != nil || !d.broken[schema.GroupResource{Group: kind.Group, Resource: served.Resource}].Before(looked) {
			return false
		}
	}
	return true
}

// giveUp watches no more what the API server says that it does not serve. Where it is
// served again, or in another version, the next run that applies some of it begins anew.
// Where all is served, nobody knows which watch is broken.
func (d *drift) giveUp(ctx context.Context) {
	found := false
	for _, one := range d.all() {
		if !d.kinds.ServesNoMore(one.gvk) {
			continue
		}
		found = true
		d.doubt(one.resource)
		if err := d.end(ctx, one); err != nil && !apimeta.IsNoMatchError(err) {
			ctrl.LoggerFrom(ctx).Error(err, "ending the watch of what is served no more", "kind", one.gvk.String())
		}
		for _, set := range d.having(one.gvk.GroupKind()) {
			d.notify(set)
		}
	}
	if !found {
		d.doubt(schema.GroupResource{})
	}
}

// end ends a watch, unless another one of the kind has begun.
func (d *drift) end(ctx context.Context, one watched) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.watched[one.gvk.GroupKind()].gvk != one.gvk {
		return nil
	}
	delete(d.watched, one.gvk.GroupKind())
	return d.cache.RemoveInformer(ctx, one.empty())
}

// having are the sets that own some of a kind.
func (d *drift) having(kind schema.GroupKind) []types.NamespacedName {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []types.NamespacedName
	for set, owned := range d.owned {
		for ref := range owned.refs {
			if ref.Group == kind.Group && ref.Kind == kind.Kind {
				out = append(out, set)
				break
			}
		}
	}
	return out
}

// all are the kinds that are watched.
func (d *drift) all() []watched {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]watched, 0, len(d.watched))
	for _, one := range d.watched {
		out = append(out, one)
	}
	return out
}
