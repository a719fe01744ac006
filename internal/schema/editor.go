package schema

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/charts"
)

// draft is the version of JSON Schema that editors know best.
const draft = "http://json-schema.org/draft-07/schema#"

// Editor returns a JSON Schema of some of Eddy's kinds, for an editor that checks and
// completes YAML: by the CRDs of the chart, with their descriptions. What the rules in CEL
// ask for is not in it.
func Editor(kinds ...string) (map[string]any, error) {
	var choices []any
	for _, kind := range kinds {
		one, err := editorKind(kind)
		if err != nil {
			return nil, err
		}
		choices = append(choices, map[string]any{
			"if":   map[string]any{"properties": map[string]any{"kind": map[string]any{"const": kind}}},
			"then": one,
		})
	}
	return map[string]any{
		"$schema": draft, "type": "object", "required": []string{"apiVersion", "kind"},
		"properties": map[string]any{"apiVersion": map[string]any{"const": v1.GroupVersion.String()}, "kind": map[string]any{"enum": kinds}},
		"allOf":      choices,
	}, nil
}

// editorKind is the schema of a kind as its CRD has it, without its status.
func editorKind(kind string) (map[string]any, error) {
	name, known := files()[schema.GroupKind{Group: v1.Group, Kind: kind}]
	if !known {
		return nil, fmt.Errorf("there is no schema of a kind %q", kind)
	}
	text, err := fs.ReadFile(charts.Eddy, name)
	if err != nil {
		return nil, err
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return nil, fmt.Errorf("reading the CRD of %s: %w", kind, err)
	}
	for _, version := range crd.Spec.Versions {
		if version.Name != v1.GroupVersion.Version {
			continue
		}
		out, err := plain(version.Schema.OpenAPIV3Schema)
		if err != nil {
			return nil, err
		}
		properties, _ := out["properties"].(map[string]any)
		delete(properties, "status") // nobody writes it
		properties["metadata"] = map[string]any{"type": "object"}
		out["required"] = []string{"spec"}
		return out, nil
	}
	return nil, fmt.Errorf("the CRD of %s has no version %s", kind, v1.GroupVersion.Version)
}

// plain returns a schema of Kubernetes as one of JSON Schema.
func plain(props *apiextensionsv1.JSONSchemaProps) (map[string]any, error) {
	text, err := json.Marshal(props)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, err
	}
	simplify(out)
	return out, nil
}

// simplify writes what Kubernetes adds to OpenAPI in the words of JSON Schema, here and
// below: fields that are not known are errors, as they are for kubectl.
func simplify(of map[string]any) {
	open := of["x-kubernetes-preserve-unknown-fields"] == true || of["x-kubernetes-embedded-resource"] == true
	switch {
	case of["x-kubernetes-int-or-string"] == true:
		delete(of, "anyOf")
		of["type"] = []any{"integer", "string"}
	case of["nullable"] == true && of["type"] != nil:
		of["type"] = []any{of["type"], "null"}
	}
	maps.DeleteFunc(of, func(key string, _ any) bool { return key == "nullable" || strings.HasPrefix(key, "x-kubernetes-") })
	properties, structured := of["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if field, is := properties[name].(map[string]any); is {
			simplify(field)
		}
	}
	if structured && !open {
		of["additionalProperties"] = false
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if inner, is := of[key].(map[string]any); is {
			simplify(inner)
		}
	}
}
