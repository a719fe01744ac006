package apply

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Meta is the metadata of an object in the cluster.
type Meta = metav1.PartialObjectMetadata

// Live is what is known of the objects in the cluster that carry the labels of
// some owner. The zero value knows of none.
type Live struct {
	metas map[Ref]*Meta
	// stored are whole objects, where they were listed whole.
	stored map[Ref]*unstructured.Unstructured
	// hearsay: it comes from a watch, which lags behind the API server.
	hearsay bool
}

// Hearsay is what a watch has told of the objects of an inventory. It costs no
// request, and lags: before an object is deleted, or written again, on account
// of what it says, the API server is asked about that one object.
func Hearsay(inventory Inventory, tell func(Entry) *Meta) Live {
	live := Live{metas: make(map[Ref]*Meta, len(inventory)), hearsay: true}
	for _, entry := range inventory {
		if found := tell(entry); found != nil && found.Labels[nameLabel] != "" {
			live.metas[entry.Ref] = found
		}
	}
	return live
}

// Get returns the metadata of an owned object, nil when there is none such.
func (l Live) Get(ref Ref) *Meta { return l.metas[ref] }
