package lint

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/simulate"
)

// deployed is an object that a preview puts into the cluster, beside the
// Kustomizations of Flux themselves.
type deployed struct {
	*unstructured.Unstructured
	service *Service
	part    simulate.Part
	// layer is where it is written; nil for an object that is stamped.
	layer *layer
}

// deployed lists the objects of a sample, in an order that is the same for all
// samples of a service.
func (s *Service) deployed(result simulate.Result) []deployed {
	var out []deployed
	for _, part := range result.Parts {
		if part.Kustomization == nil {
			out = append(out, deployed{part.Stamped.Unstructured, s, part, nil})
			continue
		}
		for _, object := range part.Deployed {
			out = append(out, deployed{object, s, part, s.layer(part)})
		}
	}
	return out
}

// where returns the line that gives the object a field.
func (d deployed) where(path ...any) manifest.Position {
	if d.layer == nil {
		return d.service.where(d.part, path...)
	}
	if position := d.layer.where(d.Unstructured, path...); position.File != "" {
		return position
	}
	return d.service.where(d.part, "spec", "path")
}

// repair is what to do about a line that where has returned. A file that the
// overlay builds upon is that of other environments too.
func (d deployed) repair(position manifest.Position, fix string) string {
	if d.layer == nil || d.layer.overlay == nil || near(position.File, d.layer.overlay.File) || near(position.File, d.service.File) {
		return fix
	}
	return fix + "; do so in a patch of the overlay, as the base is not the preview's alone"
}

// where returns the line of the ResourceSet that gives a stamped object a field.
func (s *Service) where(part simulate.Part, path ...any) manifest.Position {
	return s.Position(s.Nearest(append(manifest.Path(part.Stamped.Field), path...)...))
}

// namespace is where the object is deployed.
func (d deployed) namespace() string {
	if namespace := d.GetNamespace(); namespace != "" || d.part.Kustomization == nil {
		return namespace
	}
	return d.part.Kustomization.Namespace
}

// pair is an object of one sample and the same one of another.
type pair struct{ a, b deployed }

// pairs puts the objects of two samples together; those that are of one sample
// alone are left out.
func (s *Service) pairs(a, b simulate.Result) []pair {
	first, second := s.deployed(a), s.deployed(b)
	var out []pair
	for i := range min(len(first), len(second)) {
		if first[i].GroupVersionKind() == second[i].GroupVersionKind() {
			out = append(out, pair{first[i], second[i]})
		}
	}
	return out
}

// stamped puts the stamped objects of two samples together.
func (s *Service) stamped(a, b simulate.Result) []pair {
	var out []pair
	for i := range min(len(a.Parts), len(b.Parts)) {
		out = append(out, pair{
			deployed{a.Parts[i].Stamped.Unstructured, s, a.Parts[i], nil},
			deployed{b.Parts[i].Stamped.Unstructured, s, b.Parts[i], nil},
		})
	}
	return out
}

// podTemplate is where an object describes its pods: a workload of Kubernetes, or
// one that is made like it, such as a Rollout of Argo. Nil when it has none.
func podTemplate(object *unstructured.Unstructured) []string {
	for _, path := range [][]string{{"spec", "template"}, {"spec", "jobTemplate", "spec", "template"}} {
		if _, ok := at(object.Object, append(anys(path), "spec", "containers")...).([]any); ok {
			return path
		}
	}
	return nil
}

// pods returns the template of an object's pods.
func pods(object *unstructured.Unstructured) (template map[string]any, path []any, ok bool) {
	path = anys(podTemplate(object))
	template, ok = at(object.Object, path...).(map[string]any)
	return template, path, ok && len(path) > 0
}

func anys(fields []string) []any {
	out := make([]any, len(fields))
	for i, field := range fields {
		out[i] = field
	}
	return out
}

// leaf is a value that is no list or map, and where it is.
type leaf struct {
	path  []any
	value any
}

// leaves lists the values of a tree.
func leaves(value any, path ...any) []leaf {
	var out []leaf
	switch value := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(value) {
			out = append(out, leaves(value[key], extend(path, key)...)...)
		}
	case []any:
		for i, item := range value {
			out = append(out, leaves(item, extend(path, i)...)...)
		}
	default:
		out = append(out, leaf{path, value})
	}
	return out
}

func extend(path []any, step any) []any {
	return append(append(make([]any, 0, len(path)+1), path...), step)
}

// at returns the value at a path, nil when there is none.
func at(tree any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			fields, _ := tree.(map[string]any)
			tree = fields[step]
		case int:
			list, _ := tree.([]any)
			if step >= len(list) {
				return nil
			}
			tree = list[step]
		}
	}
	return tree
}

// texts returns the value at a path as text, "" when it is none.
func textAt(tree any, path ...any) string {
	text, _ := at(tree, path...).(string)
	return text
}
