package schema

import (
	"errors"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// Locate is a fault at the line and column of its field.
func Locate(document *manifest.Document, fault Fault) *manifest.Error {
	node := document.Nearest(fault.Path...)
	if n := len(fault.Path); n > 0 {
		if name, ok := fault.Path[n-1].(string); ok {
			if key, _ := manifest.Pair(document.Nearest(fault.Path[:n-1]...), name); key != nil && fault.isUnknown() {
				node = key
			}
		}
	}
	return &manifest.Error{Position: document.Position(node), Message: fault.String()}
}

// Refuse joins the faults of a document, nil when it has none.
func (k *Kinds) Refuse(document *manifest.Document) error {
	var out []error
	for _, fault := range k.Check(document.Object) {
		out = append(out, Locate(document, fault))
	}
	return errors.Join(out...)
}
