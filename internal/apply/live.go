package apply

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/object"
)

// Meta is the metadata of an object in the cluster.
type Meta = metav1.PartialObjectMetadata

// Live is what is known of the objects in the cluster: those that carry the labels
// of some owner, and those that were met. The zero value knows of none.
type Live struct {
	metas map[object.Ref]*Meta
	// stored are whole objects, where they were listed whole.
	stored map[object.Ref]*unstructured.Unstructured
	// unseen are the objects that could not be looked at, and why.
	unseen map[object.Ref]error
	// watched: it comes from a watch, which lags behind the API server.
	watched bool
}

func newLive() Live {
	return Live{metas: map[object.Ref]*Meta{}, stored: map[object.Ref]*unstructured.Unstructured{}, unseen: map[object.Ref]error{}}
}

// Watched is what a watch has told of the objects of an inventory. It costs no
// request, and lags: before an object is deleted, or written again, on account
// of what it says, the API server is asked about that one object.
func Watched(inventory Inventory, tell func(Entry) *Meta) Live {
	live := newLive()
	live.watched = true
	for _, entry := range inventory {
		if found := tell(entry); found != nil && found.Labels[nameLabel] != "" {
			live.metas[entry.Ref] = found
		}
	}
	return live
}

// Get returns the metadata of an object, nil when there is none such.
func (l Live) Get(ref object.Ref) *Meta { return l.metas[ref] }

// Stored returns an object that was read whole, nil when there is none such.
func (l Live) Stored(ref object.Ref) *unstructured.Unstructured { return l.stored[ref] }

// miss notes why an object could not be looked at, or returns an error that is
// about the API server as a whole.
func (l Live) miss(ctx context.Context, ref object.Ref, err error) error {
	if ctx.Err() != nil || !isAboutOne(err) {
		return err
	}
	l.unseen[ref] = err
	return nil
}

// Err returns why an object could not be looked at; nil when it could. Of such
// an object it is not known whether it is there.
func (l Live) Err(ref object.Ref) error { return l.unseen[ref] }

// Why returns why an object cannot be applied, as it could not be looked at, with
// what is to be done; nil when it could.
func (l Live) Why(o Object) error {
	ref := o.Ref()
	if err := l.Err(ref); err != nil {
		return explain(ref, nil, err)
	}
	return nil
}

// Left returns what is still there of an owner's objects, or may be.
func (l Live) Left(inventory Inventory, owner Owner) Inventory {
	var left Inventory
	for _, entry := range inventory {
		is := l.Get(entry.Ref)
		if l.Err(entry.Ref) != nil || (is != nil && owns(owner, is) && !isKept(is)) {
			left = append(left, entry)
		}
	}
	return left
}
