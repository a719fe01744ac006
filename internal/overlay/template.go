package overlay

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/envsubst/parse"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/resource"
)

// template is an object as kustomize built it: Flux has yet to put its variables in.
// What comes of it is known by the values of those that it has, so that an object is
// made once for all previews whose values are the same in it.
type template struct {
	resource *resource.Resource
	// text is its YAML, and names are the variables in it; legible says that these can
	// be told.
	text    string
	names   []string
	legible bool
	// made is what came of it, by key; nil before it was parsed.
	made map[string]*unstructured.Unstructured
}

// deploy turns a template into the object that is applied.
func (r *Repository) deploy(ctx context.Context, from *template, ks kustomizev1.Kustomization, flux unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if from.made == nil {
		if _, err := within(*r.watch, from.parse); err != nil {
			return nil, err
		}
	}
	key, known := from.key(ks)
	object := from.made[key]
	if object == nil || !known {
		made, err := within(*r.watch, func() (*unstructured.Unstructured, error) { return r.make(ctx, from, ks, flux) })
		if err != nil {
			return nil, err
		}
		if object = made; known {
			from.made[key] = made
		}
	}
	object = object.DeepCopy()
	if common := ks.Spec.CommonMetadata; common != nil {
		object.SetLabels(merge(object.GetLabels(), common.Labels))
		object.SetAnnotations(merge(object.GetAnnotations(), common.Annotations))
	}
	return object, nil
}

// make is deploy for values that the template has not had before.
func (r *Repository) make(ctx context.Context, from *template, ks kustomizev1.Kustomization, flux unstructured.Unstructured) (*unstructured.Unstructured, error) {
	res, err := r.substitute(ctx, from, ks, flux)
	if err != nil {
		return nil, err
	}
	content, err := res.MarshalJSON()
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	return object, object.UnmarshalJSON(content)
}

// variableName is how a variable may be called; the controller refuses others, wherever
// they are used.
var variableName = regexp.MustCompile(`^[_[:alpha:]][_[:alpha:][:digit:]]*$`)

// key is all that what comes of the template depends on, and whether that is known.
func (t *template) key(ks kustomizev1.Kustomization) (key string, known bool) {
	if ks.Spec.PostBuild == nil {
		return "", true
	}
	variables := ks.Spec.PostBuild.Substitute
	for name := range variables {
		if !variableName.MatchString(name) {
			return "", false
		}
	}
	if !t.legible || len(ks.Spec.PostBuild.SubstituteFrom) > 0 {
		return "", false
	}
	out := []string{strconv.FormatBool(len(variables) > 0 || always(ks))}
	for _, name := range t.names {
		value, there := variables[name]
		out = append(out, strconv.FormatBool(there), strconv.Quote(value))
	}
	return strings.Join(out, " "), true
}

// parse writes the template as YAML, and finds its variables. What is wrong with them
// the controller's code says.
func (t *template) parse() (struct{}, error) {
	text, err := t.resource.AsYAML()
	if err != nil {
		return struct{}{}, err
	}
	t.text, t.made = string(text), map[string]*unstructured.Unstructured{}
	if nested(t.text) > maxNested {
		return struct{}{}, nil
	}
	if tree, err := parse.Parse(t.text); err == nil {
		t.names, t.legible = slices.Compact(slices.Sorted(slices.Values(namesIn(tree.Root)))), true
	}
	return struct{}{}, nil
}

// namesIn are the variables of a part of a template.
func namesIn(node parse.Node) []string {
	var out []string
	switch node := node.(type) {
	case *parse.ListNode:
		for _, part := range node.Nodes {
			out = append(out, namesIn(part)...)
		}
	case *parse.FuncNode:
		out = append(out, node.Param)
		for _, argument := range node.Args {
			out = append(out, namesIn(argument)...)
		}
	}
	return out
}

func merge(into, from map[string]string) map[string]string {
	if len(into) == 0 {
		return from
	}
	for key, value := range from {
		into[key] = value
	}
	return into
}
