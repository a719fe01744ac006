package cli

import (
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/simulate"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// tracedObject is an object and where it comes from.
type tracedObject struct {
	*unstructured.Unstructured
	from string
}

// everyObject lists what a set comes to: each stamped object, and after a
// Kustomization what Flux deploys for it.
func everyObject(set *v1.ResourceSet, result simulate.Result) []tracedObject {
	var out []tracedObject
	for _, part := range result.Parts {
		from := fmt.Sprintf("stamped by ResourceSet %s/%s", set.Namespace, set.Name)
		if part.Stamped.Input != "" {
			from += " for " + part.Stamped.Input
		}
		out = append(out, tracedObject{part.Stamped.Unstructured, from})
		for _, object := range part.Deployed {
			out = append(out, tracedObject{object, fmt.Sprintf("deployed by %s from %s", kustomizationName(part), part.Kustomization.Spec.Path)})
		}
	}
	return out
}

func kustomizationName(part simulate.Part) string {
	return fmt.Sprintf("Kustomization %s/%s", part.Stamped.GetNamespace(), part.Stamped.GetName())
}

// printerFor returns what writes objects in a format of -o.
func printerFor(format string) (func(io.Writer, []tracedObject) error, error) {
	switch err := checkFormat(format, objectFormats()...); {
	case err != nil:
		return nil, err
	case format == "name":
		return printNames, nil
	case format == "yaml", format == "":
		return printYAML, nil
	default:
		return func(out io.Writer, objects []tracedObject) error { return printList(out, format, objects) }, nil
	}
}

// objectFormats are those of commands that print objects.
func objectFormats() []string { return []string{"yaml", "json", "name", jsonPath} }

func printYAML(out io.Writer, objects []tracedObject) error {
	for _, object := range objects {
		text, err := yaml.Marshal(object.Object)
		if err != nil {
			return fmt.Errorf("writing %s %q: %w", object.GetKind(), object.GetName(), err)
		}
		if _, err := fmt.Fprintf(out, "---\n# %s\n%s", terminal.OneLine(object.from), text); err != nil {
			return err
		}
	}
	return nil
}

// printList writes one List, as kubectl does, or what a path takes out of it.
func printList(out io.Writer, format string, objects []tracedObject) error {
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List"}}
	for _, object := range objects {
		list.Items = append(list.Items, *object.Unstructured)
	}
	return printValue(out, format, list.UnstructuredContent())
}

// printNames writes kind.group/name, one a line.
func printNames(out io.Writer, objects []tracedObject) error {
	for _, object := range objects {
		gk := object.GroupVersionKind().GroupKind()
		gk.Kind = strings.ToLower(gk.Kind)
		if _, err := fmt.Fprintf(out, "%s/%s\n", gk, object.GetName()); err != nil {
			return err
		}
	}
	return nil
}
