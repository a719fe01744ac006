package reference

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Sum puts the checksum of what an object's annotations name beside them: its
// own, and those of any template in it, such as a Deployment's pods.
func (r *Resolver) Sum(ctx context.Context, o *unstructured.Unstructured) error {
	var asking []map[string]any
	eachAnnotations(o.Object, func(annotations map[string]any) {
		if annotations[v1.ChecksumFromAnnotation] != nil {
			asking = append(asking, annotations)
		}
	})
	// In an order of their own, so that the first error is the same each time.
	slices.SortFunc(asking, func(a, b map[string]any) int { return strings.Compare(listIn(a), listIn(b)) })
	for _, annotations := range asking {
		sum, err := r.sum(ctx, listIn(annotations))
		if err != nil {
			return fmt.Errorf("%s/%s: %s: %w", o.GetKind(), o.GetName(), v1.ChecksumFromAnnotation, err)
		}
		annotations[v1.ChecksumAnnotation] = sum
	}
	return nil
}

func listIn(annotations map[string]any) string {
	return fmt.Sprint(annotations[v1.ChecksumFromAnnotation])
}

// sum returns the checksum of a list of Kind/namespace/name, separated by commas.
func (r *Resolver) sum(ctx context.Context, list string) (string, error) {
	sum := sha256.New()
	for _, text := range strings.Split(list, ",") {
		kind, path, _ := strings.Cut(strings.TrimSpace(text), "/")
		source, err := parseSource(kind, path)
		if err != nil || (kind != configMap && kind != secret) {
			return "", fmt.Errorf("%q is neither ConfigMap/namespace/name nor Secret/namespace/name", text)
		}
		is, err := r.find(ctx, source)
		if err != nil {
			return "", err
		}
		if err := add(sum, source, is); err != nil {
			return "", fmt.Errorf("%s: %w", source, err)
		}
	}
	return fmt.Sprintf("sha256:%x", sum.Sum(nil)), nil
}

// find returns a source of the run itself, or reads it.
func (r *Resolver) find(ctx context.Context, source Source) (*unstructured.Unstructured, error) {
	if own, ok := r.own[source]; ok {
		return own, nil
	}
	if r.summed == nil {
		r.summed = map[Source]bool{}
	}
	r.summed[source] = true
	return r.get(ctx, source)
}

// add writes the name and the data of a source into a checksum, keys in order.
func add(sum hash.Hash, source Source, is *unstructured.Unstructured) error {
	data, err := bytesOf(is)
	if err != nil {
		return err
	}
	write := func(text []byte) {
		sum.Write(text)
		sum.Write([]byte{0})
	}
	write([]byte(source.String()))
	for _, key := range slices.Sorted(maps.Keys(data)) {
		write([]byte(key))
		write(data[key])
	}
	return nil
}

// bytesOf returns the data of a ConfigMap or Secret, decoded.
func bytesOf(is *unstructured.Unstructured) (map[string][]byte, error) {
	out := map[string][]byte{}
	// What comes later wins, as it does when the API server stores it.
	fields := []struct {
		name    string
		encoded bool
	}{{"data", is.GetKind() == secret}, {"binaryData", true}, {"stringData", false}}
	for _, field := range fields {
		data, _, err := unstructured.NestedStringMap(is.Object, field.name)
		if err != nil {
			return nil, fmt.Errorf("%s is not a map of strings", field.name)
		}
		for key, text := range data {
			out[key] = []byte(text)
			if !field.encoded {
				continue
			}
			if out[key], err = base64.StdEncoding.DecodeString(text); err != nil {
				return nil, fmt.Errorf("%s: the key %q is not base64", field.name, key)
			}
		}
	}
	return out, nil
}

// eachAnnotations visits every map of annotations in a value.
func eachAnnotations(value any, visit func(map[string]any)) {
	switch value := value.(type) {
	case map[string]any:
		if metadata, ok := value["metadata"].(map[string]any); ok {
			if annotations, ok := metadata["annotations"].(map[string]any); ok {
				visit(annotations)
			}
		}
		for _, below := range value {
			eachAnnotations(below, visit)
		}
	case []any:
		for _, item := range value {
			eachAnnotations(item, visit)
		}
	}
}
