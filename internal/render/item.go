package render

import (
	"errors"
	"fmt"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// item is one of resources, or a resourcesTemplate.
type item interface {
	render(e *engine) ([]*unstructured.Unstructured, error)
	// field of the ResourceSet that holds it.
	field() string
}

// source is where the templates of a step, or of a set without steps, stand.
type source struct {
	field     string
	resources []*apiextensionsv1.JSON
	template  string
}

// compileStep compiles the resources and the template of a step, or of a set.
func (e *engine) compileStep(from source) (program, error) {
	step := program{resources: len(from.resources)}
	for n, raw := range from.resources {
		item, err := e.compileResource(fmt.Sprintf("%s.resources[%d]", from.field, n), raw)
		if err != nil {
			return program{}, err
		}
		step.items = append(step.items, item)
	}
	if from.template != "" {
		parsed, err := e.parse(from.field+".resourcesTemplate", from.template)
		if err != nil {
			return program{}, err
		}
		step.items = append(step.items, &resourcesTemplate{text: parsed})
	}
	return step, nil
}

// resource is an item of resources: one object.
type resource struct {
	text *text
	// tree is the item as it is stored, to tell where an error is.
	tree map[string]any
}

func (r *resource) field() string { return r.text.field }

// compileResource compiles an item as the text that its YAML is: that is what
// its templates, and the indentation in them, are written for.
func (e *engine) compileResource(field string, raw *apiextensionsv1.JSON) (*resource, error) {
	if raw == nil || len(raw.Raw) == 0 || string(raw.Raw) == "null" {
		return nil, &ParseError{Field: field, Err: errors.New("the resource is null: write an object, or leave the item out")}
	}
	var tree any
	if err := utiljson.Unmarshal(raw.Raw, &tree); err != nil {
		return nil, &ParseError{Field: field, Err: err}
	}
	root, ok := tree.(map[string]any)
	if !ok {
		return nil, &ParseError{Field: field, Err: errors.New("the resource is not an object: give it apiVersion, kind and metadata")}
	}
	if isDeeper(root, maxDepth) {
		return nil, &ParseError{Field: field, Err: tooDeep()}
	}
	written, err := yaml.Marshal(mapStrings(root, unfoldable))
	if err != nil {
		return nil, &ParseError{Field: field, Err: err}
	}
	parsed, err := e.parse(field, strings.ReplaceAll(string(written), string(noBreak), " "))
	if err != nil {
		return nil, e.locate(root, field, err)
	}
	return &resource{text: parsed, tree: root}, nil
}

// render renders the object; what follows its first document is not its own.
func (r *resource) render(e *engine) ([]*unstructured.Unstructured, error) {
	documents, err := e.documents(r.text)
	if err != nil {
		return nil, locateAction(r.tree, r.text.field, err)
	}
	if len(documents) == 0 {
		return nil, fmt.Errorf("%s: it renders to nothing", r.text.field)
	}
	object, err := asObject(documents[0])
	if err == nil {
		err = checkIdentity(object)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: the rendered object %w", r.text.field, err)
	}
	return []*unstructured.Unstructured{object}, nil
}

// checkIdentity refuses an object that nobody could apply.
func checkIdentity(object *unstructured.Unstructured) error {
	missing := ""
	switch {
	case object.GetKind() == "":
		missing = "kind"
	case object.GetAPIVersion() == "":
		missing = "apiVersion"
	case object.GetName() == "" && !object.IsList():
		missing = "metadata.name"
	default:
		return nil
	}
	return fmt.Errorf("has no %s: add it", missing)
}

// resourcesTemplate renders to any number of objects.
type resourcesTemplate struct{ text *text }

func (t *resourcesTemplate) field() string { return t.text.field }

// render renders the documents, lists expanded.
func (t *resourcesTemplate) render(e *engine) ([]*unstructured.Unstructured, error) {
	documents, err := e.documents(t.text)
	if err != nil {
		return nil, err
	}
	var out []*unstructured.Unstructured
	for n, document := range documents {
		objects, err := expanded(document)
		if err != nil {
			return nil, fmt.Errorf("%s: document %d %w", t.text.field, n+1, err)
		}
		out = append(out, objects...)
	}
	return out, nil
}

// expanded returns the objects in a document. One that lacks an API version or
// a name, and a kustomization.yaml, are no objects.
func expanded(document any) ([]*unstructured.Unstructured, error) {
	object, err := asObject(document)
	if err != nil {
		return nil, err
	}
	if object.GetKind() == "" {
		return nil, errors.New("has no kind: add it")
	}
	if !object.IsList() {
		if err := checkEmpty(object); err != nil {
			return nil, err
		}
		if object.GetName() == "" || object.GetAPIVersion() == "" || isKustomization(object) {
			return nil, nil
		}
		return []*unstructured.Unstructured{object}, nil
	}
	var out []*unstructured.Unstructured
	items, _ := object.Object["items"].([]any) // IsList says so
	for n, item := range items {
		objects, err := expanded(item)
		if err != nil {
			return nil, fmt.Errorf("items[%d] %w", n, err)
		}
		out = append(out, objects...)
	}
	return out, nil
}

// isKustomization reports whether an object is a kustomization.yaml, of any version and
// however it is spelt. Flux applies none either.
func isKustomization(object *unstructured.Unstructured) bool {
	return strings.EqualFold(object.GetKind(), "kustomization") && strings.HasPrefix(object.GetAPIVersion(), "kustomize.config.k8s.io/")
}

// checkEmpty refuses an object whose name or version is there and empty: an input
// that is left empty would take the object away without a word.
func checkEmpty(object *unstructured.Unstructured) error {
	metadata, _ := object.Object["metadata"].(map[string]any) // or nothing
	switch {
	case object.Object["apiVersion"] == "":
		return errors.New("has an empty apiVersion: fill it in")
	case metadata["name"] == "":
		return errors.New("has an empty metadata.name: fill it in")
	default:
		return nil
	}
}

func asObject(document any) (*unstructured.Unstructured, error) {
	content, ok := document.(map[string]any)
	if !ok {
		return nil, errors.New("is a text, not an object")
	}
	if err := checkMetadata(content); err != nil {
		return nil, err
	}
	return &unstructured.Unstructured{Object: content}, nil
}
