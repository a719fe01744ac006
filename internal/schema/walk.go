package schema

import (
	"encoding/json"
	"fmt"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"github.com/eddy-previews/eddy/internal/suggest"
)

// prepare makes of a value what the API server makes of it before it looks: nulls
// that no field may be are gone, and defaults are filled in.
func prepare(value any, props *apiextensionsv1.JSONSchemaProps) {
	switch value := value.(type) {
	case map[string]any:
		prepareMap(value, props)
	case []any:
		if props.Items == nil || props.Items.Schema == nil {
			return
		}
		for _, item := range value {
			prepare(item, props.Items.Schema)
		}
	}
}

func prepareMap(fields map[string]any, props *apiextensionsv1.JSONSchemaProps) {
	for name, of := range props.Properties {
		value, there := fields[name]
		if there && value == nil && !of.Nullable {
			delete(fields, name)
			there = false
		}
		var filled any
		if !there && of.Default != nil && json.Unmarshal(of.Default.Raw, &filled) == nil {
			fields[name] = filled
		}
	}
	for name, value := range fields {
		if of := property(props, name); of != nil {
			prepare(value, of)
		}
	}
}

// property is the schema of a field, nil when there is none.
func property(props *apiextensionsv1.JSONSchemaProps, name string) *apiextensionsv1.JSONSchemaProps {
	if of, there := props.Properties[name]; there {
		return &of
	}
	if props.AdditionalProperties != nil {
		return props.AdditionalProperties.Schema
	}
	return nil
}

// walker goes through a value and its schema.
type walker struct {
	expect *expressions
	faults []Fault
}

// walk finds fields that the schema does not have.
func (w *walker) walk(value any, props *apiextensionsv1.JSONSchemaProps, path []any) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range sortedKeys(value) {
			of := property(props, name)
			switch {
			case of != nil:
				w.walk(value[name], of, extend(path, name))
			case w.isOpen(props, path, name):
			default:
				w.faults = append(w.faults, Fault{extend(path, name), "unknown field" + suggest.Hint(name, sortedKeys(props.Properties))})
			}
		}
	case []any:
		for i, item := range value {
			if props.Items != nil && props.Items.Schema != nil {
				w.walk(item, props.Items.Schema, extend(path, i))
			}
		}
	}
}

// isOpen reports whether a field of which the schema says nothing may be there.
func (w *walker) isOpen(props *apiextensionsv1.JSONSchemaProps, path []any, name string) bool {
	kept := props.XPreserveUnknownFields != nil && *props.XPreserveUnknownFields
	anything := props.AdditionalProperties != nil && props.AdditionalProperties.Allows
	isRoot := len(path) == 0 && slices.Contains([]string{"apiVersion", "kind", "metadata", "status"}, name)
	return kept || anything || isRoot || props.XEmbeddedResource || len(path) == 1 && path[0] == "metadata" || props.Type == "" && len(props.Properties) == 0
}

// rules asks the rules in CEL of a value and of all that is in it.
func (w *walker) rules(value any, props *apiextensionsv1.JSONSchemaProps, path []any) {
	for _, rule := range props.XValidations {
		if message := w.expect.broken(rule, value); message != "" {
			at := append(slices.Clone(path), steps(rule.FieldPath)...)
			w.faults = append(w.faults, Fault{at, "Invalid value: " + message})
		}
	}
	switch value := value.(type) {
	case map[string]any:
		for _, name := range sortedKeys(value) {
			if of := property(props, name); of != nil {
				w.rules(value[name], of, extend(path, name))
			}
		}
	case []any:
		w.unique(value, props, path)
		for i, item := range value {
			if props.Items != nil && props.Items.Schema != nil {
				w.rules(item, props.Items.Schema, extend(path, i))
			}
		}
	}
}

// unique finds items of a list that the API server takes for one and the same.
func (w *walker) unique(items []any, props *apiextensionsv1.JSONSchemaProps, path []any) {
	if props.XListType == nil || *props.XListType == "atomic" {
		return
	}
	seen := map[string]bool{}
	for i, item := range items {
		key := fmt.Sprint(item)
		if fields, ok := item.(map[string]any); ok && *props.XListType == "map" {
			key = ""
			for _, name := range props.XListMapKeys {
				key += fmt.Sprintf("%s=%v,", name, fields[name])
			}
		}
		if seen[key] {
			w.faults = append(w.faults, Fault{extend(path, i), "Duplicate value: " + fmt.Sprintf("%q", key)})
		}
		seen[key] = true
	}
}
