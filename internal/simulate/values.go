package simulate

import (
	"encoding/base64"
	"fmt"
	"maps"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// dataOf returns the data of the ConfigMap or Secret that a Kustomization
// substitutes from, and whether it is known.
func dataOf(from kustomizev1.SubstituteReference, namespace string, known []*unstructured.Unstructured) (map[string]string, bool, error) {
	for _, object := range known {
		if object.GetKind() != from.Kind || object.GetName() != from.Name || object.GetNamespace() != namespace {
			continue
		}
		data, err := texts(object)
		if err != nil {
			return nil, false, fmt.Errorf("%s %q: %w", from.Kind, from.Name, err)
		}
		return data, true, nil
	}
	return nil, false, nil
}

// texts returns the values of a ConfigMap or a Secret. An error holds none.
func texts(object *unstructured.Unstructured) (map[string]string, error) {
	data, _, err := unstructured.NestedStringMap(object.Object, "data")
	if err != nil || object.GetKind() != "Secret" {
		return data, err
	}
	out := map[string]string{}
	for key, encoded := range data {
		text, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, fmt.Errorf("data.%s is not base64", key)
		}
		out[key] = string(text)
	}
	plain, _, err := unstructured.NestedStringMap(object.Object, "stringData")
	maps.Copy(out, plain)
	return out, err
}
