package schema

import (
	"errors"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// part is which part of a field is wrong.
func (f Fault) part() manifest.Part {
	if f.isUnknown() {
		return manifest.Key
	}
	return manifest.Value
}

// Locate is a fault at the line and column of its field.
func Locate(document *manifest.Document, fault Fault) *manifest.Error {
	return &manifest.Error{Position: document.Place(fault.part(), fault.Path...), Message: fault.String()}
}

// LocateStamped is where the template in a field of a document gives an object what
// is wrong with it.
func LocateStamped(document *manifest.Document, field string, object *unstructured.Unstructured, fault Fault) manifest.Position {
	return document.Stamped(field, object, fault.part(), fault.Path...)
}

// Refuse joins the faults of a document, nil when it has none.
func (k *Kinds) Refuse(document *manifest.Document) error {
	var out []error
	for _, fault := range k.Check(document.Object) {
		out = append(out, Locate(document, fault))
	}
	return errors.Join(out...)
}
