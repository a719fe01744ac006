package templater

import (
	"fmt"
	"slices"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/render"
)

// notYet are annotations of the contract that this version does not act on.
// To ignore one would apply an object without the data that it asks for.
var notYet = []string{
	v1.CopyFromAnnotation, v1.ConvertKubeConfigFromAnnotation, v1.ChecksumFromAnnotation, v1.RecreateOnFailureAnnotation,
}

// unsupported refuses a preview that asks for one of them, in any metadata.
func unsupported(preview render.Preview) error {
	for _, o := range preview.Objects {
		if annotation := asksFor(o.Object); annotation != "" {
			return fmt.Errorf("%s: %s: the annotation %s is not supported by this version: remove it",
				preview.Input, apply.RefOf(o.Unstructured), annotation)
		}
	}
	return nil
}

// asksFor returns the first of these annotations in a value, "" without one.
func asksFor(value any) string {
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			if slices.Contains(notYet, key) {
				return key
			}
			if found := asksFor(item); found != "" {
				return found
			}
		}
	case []any:
		for _, item := range value {
			if found := asksFor(item); found != "" {
				return found
			}
		}
	}
	return ""
}
