package lint

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/simulate"
)

// part is what a service stamps out.
type part struct {
	simulate.Part
	service *Service
}

// object is the part itself.
func (p part) object() object { return object{p.Stamped.Unstructured, p, nil} }

// where returns the line of the ResourceSet that gives it a field.
func (p part) where(path ...any) manifest.Position {
	return p.service.Stamped(p.Stamped.Field, p.Stamped.Unstructured, manifest.Value, path...)
}

// object is what a preview puts into the cluster.
type object struct {
	*unstructured.Unstructured
	// part is the object itself, or the Kustomization that deploys it.
	part part
	// sources are where it is written; nil for an object that is stamped.
	sources *sourceFiles
}

// where returns the line that gives the object a field.
func (o object) where(path ...any) manifest.Position {
	if o.sources == nil {
		return o.part.where(path...)
	}
	if position := o.sources.where(o.Unstructured, path...); position.File != "" {
		return position
	}
	return o.part.where("spec", "path")
}

// repair is what to do about a line that where has returned. A file that the
// overlay builds upon is that of other environments too.
func (o object) repair(position manifest.Position, fix string) string {
	if o.sources == nil || o.sources.overlay == nil {
		return fix
	}
	if isBelow(position.File, o.sources.overlay.File) || isBelow(position.File, o.part.service.File) {
		return fix
	}
	return fix + "; do so in a patch of the overlay, as the base is not the preview's alone"
}

// number is how the object's files write the number of the request.
func (o object) number() string {
	if o.sources == nil {
		return "<< inputs.id >>"
	}
	variables := o.part.substitutes()
	for _, name := range sortedKeys(variables) {
		if variables[name] == firstNumber {
			return "${" + name + "}"
		}
	}
	return "${PR_NUMBER}"
}

// namespace is where the object is deployed.
func (o object) namespace() string {
	if namespace := o.GetNamespace(); namespace != "" || o.part.Kustomization == nil {
		return namespace
	}
	return o.part.Kustomization.Namespace
}

// identity is what an object is in the cluster, whatever its version.
func (o object) identity() string {
	gk := o.GroupVersionKind().GroupKind()
	if isClusterScoped(gk.Kind) {
		return gk.String() + "/" + o.GetName()
	}
	return gk.String() + "/" + o.namespace() + "/" + o.GetName()
}

// pods returns the template of the object's pods: of a workload of Kubernetes, or
// of one that is made like it, such as a Rollout of Argo.
func (o object) pods() (template map[string]any, path []any, ok bool) {
	for _, path := range [][]any{{"spec", "template"}, {"spec", "jobTemplate", "spec", "template"}} {
		template, _ := at(o.Object, path...).(map[string]any)
		if _, ok := at(template, "spec", "containers").([]any); ok {
			return template, path, true
		}
	}
	return nil, nil, false
}

// hasPods reports whether the object makes pods.
func (o object) hasPods() bool {
	_, _, ok := o.pods()
	return ok
}

// value is a value of an object that is no list or map, and where it is.
type value struct {
	object object
	leaf
}

// values lists those of the object.
func (o object) values() []value {
	var out []value
	for _, leaf := range leaves(o.Object) {
		out = append(out, value{o, leaf})
	}
	return out
}

// pair is an object of the first sample, and the same one of another.
type pair struct{ a, b object }

// isSame reports whether both are one object to the cluster.
func (p pair) isSame() bool { return p.a.identity() == p.b.identity() }

// pairValue is a value of an object, and what stands in its place in the other.
type pairValue struct {
	pair
	leaf
	other any
}

// values lists those of the first object.
func (p pair) values() []pairValue {
	var out []pairValue
	for _, leaf := range leaves(p.a.Object) {
		out = append(out, pairValue{p, leaf, at(p.b.Object, leaf.path...)})
	}
	return out
}

// stopsBeingText reports whether the value is text, and something else in the
// other object.
func (v pairValue) stopsBeingText() bool {
	_, text := v.value.(string)
	_, still := v.other.(string)
	return text && !still && v.other != nil
}
