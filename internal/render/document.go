package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	ssautils "github.com/fluxcd/pkg/ssa/utils"
	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// wholeResource is an item of spec.resources that has to be rendered as text.
type wholeResource struct{ text text }

// render renders the text; what follows its first document is ignored.
func (w *wholeResource) render(e *engine) ([]*unstructured.Unstructured, error) {
	nodes, err := e.guarded(w.text)
	if err != nil {
		return nil, err
	}
	if len(nodes) == 0 {
		return nil, fmt.Errorf("%s: the template renders to nothing", w.text.field)
	}
	object, err := toObject(nodes[0])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.text.field, err)
	}
	if err := checkIdentity(w.text.field, object); err != nil {
		return nil, err
	}
	return []*unstructured.Unstructured{object}, nil
}

// documents is a spec.resourcesTemplate.
type documents struct{ text text }

// render renders the text to its documents, lists expanded. A document that
// lacks an API version or a name, and a kustomization.yaml, are no objects.
func (d *documents) render(e *engine) ([]*unstructured.Unstructured, error) {
	nodes, err := e.guarded(d.text)
	if err != nil {
		return nil, err
	}
	var out []*unstructured.Unstructured
	for n, node := range nodes {
		object, err := toObject(node)
		if err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", d.text.field, n+1, err)
		}
		if object.GetKind() == "" {
			return nil, fmt.Errorf("%s: document %d has no kind: add it", d.text.field, n+1)
		}
		expanded, err := expand(object)
		if err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", d.text.field, n+1, err)
		}
		out = append(out, expanded...)
	}
	return out, nil
}

// expand returns the objects in a document.
func expand(object *unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	if !object.IsList() {
		if !ssautils.IsKubernetesObject(object) || ssautils.IsKustomization(object) {
			return nil, nil
		}
		return []*unstructured.Unstructured{object}, nil
	}
	var out []*unstructured.Unstructured
	err := object.EachListItem(func(item runtime.Object) error {
		one, ok := item.(*unstructured.Unstructured)
		if !ok {
			return fmt.Errorf("a list of %T", item)
		}
		nested, err := expand(one)
		out = append(out, nested...)
		return err
	})
	return out, err
}

// parseDocuments reads the YAML (or JSON) documents of a text; those with
// nothing in them are left out.
func parseDocuments(rendered string) ([]*yamlv3.Node, error) {
	var out []*yamlv3.Node
	decoder := yamlv3.NewDecoder(bytes.NewReader([]byte(rendered)))
	for {
		var document yamlv3.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		if len(document.Content) == 1 && document.Content[0].Tag != "!!null" {
			out = append(out, &document)
		}
	}
}

// toObject decodes a document as Kubernetes does, but keeps text a string
// wherever the API wants one.
func toObject(document *yamlv3.Node) (*unstructured.Unstructured, error) {
	text, err := yamlv3.Marshal(document)
	if err != nil {
		return nil, err
	}
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, err
	}
	var value any
	if err := utiljson.Unmarshal(raw, &value); err != nil {
		return nil, err
	}
	content, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("the document is not an object")
	}
	kind, _ := content["kind"].(string)
	keepStrings(kind, nil, document.Content[0], content)
	return &unstructured.Unstructured{Object: content}, nil
}

// keepStrings walks a document and what it was decoded to, and where the API
// wants a string puts the text back that was read as something else.
func keepStrings(kind string, path []string, node *yamlv3.Node, value any) {
	switch value := value.(type) {
	case map[string]any:
		for i := 0; node.Kind == yamlv3.MappingNode && i+1 < len(node.Content); i += 2 {
			key, child := node.Content[i].Value, node.Content[i+1]
			at := slices.Concat(path, []string{key})
			if text, isText := scalarText(child, value[key]); isText && isStringField(kind, at) {
				value[key] = text
				continue
			}
			keepStrings(kind, at, child, value[key])
		}
	case []any:
		for i := 0; node.Kind == yamlv3.SequenceNode && i < len(node.Content) && i < len(value); i++ {
			keepStrings(kind, slices.Concat(path, []string{"[]"}), node.Content[i], value[i])
		}
	}
}

// scalarText returns the text of a scalar that was not decoded to a string.
func scalarText(node *yamlv3.Node, value any) (string, bool) {
	if node.Kind != yamlv3.ScalarNode || node.Value == "" {
		return "", false
	}
	switch value.(type) {
	case string, map[string]any, []any:
		return "", false
	default:
		return node.Value, true
	}
}
