// Package reference fills rendered objects with what they take from other
// objects: the data of a ConfigMap or Secret, the address in a kubeconfig, the
// checksum of a configuration.
//
//	metadata: {annotations: {fluxcd.controlplane.io/copyFrom: shared/pull-secret}}
//
// It knows no cluster: a function reads an object, once for each that is asked
// for, however many take from it. The data of a Secret goes into objects and
// checksums, and never into an error.
package reference

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Source is a ConfigMap or a Secret that something is taken from.
type Source struct{ Kind, Namespace, Name string }

const (
	configMap = "ConfigMap"
	secret    = "Secret"
)

// String returns Kind/namespace/name.
func (s Source) String() string { return s.Kind + "/" + s.Namespace + "/" + s.Name }

// sourceOf returns an object as a source; false when it cannot be one.
func sourceOf(o *unstructured.Unstructured) (Source, bool) {
	kind := o.GetKind()
	return Source{kind, o.GetNamespace(), o.GetName()}, o.GetAPIVersion() == "v1" && (kind == configMap || kind == secret)
}

// parseSource reads "namespace/name".
func parseSource(kind, text string) (Source, error) {
	namespace, name, ok := strings.Cut(strings.TrimSpace(text), "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return Source{}, fmt.Errorf("%q is not of the form namespace/name", text)
	}
	return Source{kind, namespace, name}, nil
}

// Resolver fills the objects of one run.
type Resolver struct {
	// Read returns an object, nil when there is none.
	Read func(ctx context.Context, source Source) (*unstructured.Unstructured, error)

	read map[Source]answer
	// own are the sources among the objects of the run.
	own map[Source]*unstructured.Unstructured
	// summed are the sources of checksums that are not.
	summed map[Source]bool
}

type answer struct {
	object *unstructured.Unstructured
	err    error
}

// Asks reports whether an object takes anything from another.
func Asks(o *unstructured.Unstructured) bool {
	annotations := o.GetAnnotations()
	if annotations[v1.CopyFromAnnotation] != "" || annotations[v1.ConvertKubeConfigFromAnnotation] != "" {
		return true
	}
	asks := false
	eachAnnotations(o.Object, func(in map[string]any) { asks = asks || in[v1.ChecksumFromAnnotation] != nil })
	return asks
}

// Gives reports whether others may take from an object.
func Gives(o *unstructured.Unstructured) bool {
	_, can := sourceOf(o)
	return can
}

// Fill copies data into an object. It comes before Sum, for every object.
func (r *Resolver) Fill(ctx context.Context, o *unstructured.Unstructured) error {
	source, can := sourceOf(o)
	for _, way := range []struct {
		annotation string
		fill       func(ctx context.Context, o *unstructured.Unstructured, from string) error
	}{
		{v1.CopyFromAnnotation, r.copy}, {v1.ConvertKubeConfigFromAnnotation, r.convert},
	} {
		from := o.GetAnnotations()[way.annotation]
		if from == "" {
			continue
		}
		if err := way.fill(ctx, o, from); err != nil {
			return fmt.Errorf("%s/%s: %s: %w", o.GetKind(), o.GetName(), way.annotation, err)
		}
	}
	if can {
		if r.own == nil {
			r.own = map[Source]*unstructured.Unstructured{}
		}
		r.own[source] = o
	}
	return nil
}

// Used lists the sources that were read, in order, whether they are there or
// not.
func (r *Resolver) Used() []Source {
	used := make([]Source, 0, len(r.read))
	for source := range r.read {
		used = append(used, source)
	}
	slices.SortFunc(used, func(a, b Source) int { return strings.Compare(a.String(), b.String()) })
	return used
}

// External lists the sources of checksums that are not of the run itself, as
// Kind/namespace/name, in order.
func (r *Resolver) External() []string {
	var out []string
	for source := range r.summed {
		out = append(out, source.String())
	}
	slices.Sort(out)
	return out
}

// get reads a source from the cluster, once.
func (r *Resolver) get(ctx context.Context, source Source) (*unstructured.Unstructured, error) {
	known, ok := r.read[source]
	if !ok {
		known.object, known.err = r.Read(ctx, source)
		if known.err == nil && known.object == nil {
			known.err = fmt.Errorf("%s does not exist: create it, or correct the name", source)
		}
		if r.read == nil {
			r.read = map[Source]answer{}
		}
		r.read[source] = known
	}
	return known.object, known.err
}

// copy puts the data of a ConfigMap or Secret into one of the same kind.
func (r *Resolver) copy(ctx context.Context, o *unstructured.Unstructured, from string) error {
	source, can := sourceOf(o)
	if !can {
		return fmt.Errorf("only a v1 ConfigMap or Secret can copy")
	}
	source, err := parseSource(source.Kind, from)
	if err != nil {
		return err
	}
	is, err := r.get(ctx, source)
	if err != nil {
		return err
	}
	for _, field := range []string{"data", "binaryData"} {
		data, _, _ := unstructured.NestedMap(is.Object, field) // of another shape it is not stored
		for key, value := range data {
			if err := unstructured.SetNestedField(o.Object, value, field, key); err != nil {
				return fmt.Errorf("%s is not a map", field)
			}
		}
	}
	if kind, ok := is.Object["type"]; ok {
		o.Object["type"] = kind
	}
	return nil
}
