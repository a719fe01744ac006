// Package schema says what the API server would refuse, without one.
//
//	for _, fault := range schema.Open().Check(object) {
//		fmt.Println(fault) // spec.interval: Required value
//	}
//
// It knows three sorts of kinds:
//
//  1. Eddy's own, by the CRDs that its chart installs;
//  2. Flux's, by the CRDs of a version, which flux/ holds without their descriptions:
//     the newest, or those that a fleet runs, of which one has to take an object;
//  3. those of Kubernetes, by the types of its Go module: what is no field, and what is
//     of another type; and by a table of what its API server asks for, and people
//     forget (required.go).
//
// A CRD is looked at as the API server does: nulls are pruned and defaults filled in,
// then come unknown fields, the OpenAPI schema by the validator of the API server
// itself, and the rules in CEL. Of an object of any kind, its name and its labels are
// held to what Kubernetes takes. An object of a kind that is not known has no other fault.
package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// Fault is something that the API server would refuse.
type Fault struct {
	// Path of the field: keys (string) and positions (int); empty is the object.
	Path []any
	// Message says what is wrong with it, in the API server's words.
	Message string
}

// String returns FIELD: MESSAGE.
func (f Fault) String() string {
	if len(f.Path) == 0 {
		return f.Message
	}
	if hint, unknown := strings.CutPrefix(f.Message, "unknown field"); unknown {
		return fmt.Sprintf("unknown field %q%s", manifest.Dotted(f.Path), hint)
	}
	return manifest.Dotted(f.Path) + ": " + f.Message
}

// isUnknown reports whether there is no such field: it is its key that is wrong.
func (f Fault) isUnknown() bool { return strings.HasPrefix(f.Message, "unknown field") }

// Refused says that the API server takes an object not, and why: in a finding of lint,
// and where a build is refused.
func Refused(object *unstructured.Unstructured, fault Fault) string {
	name := ""
	if object.GetName() != "" {
		name = fmt.Sprintf(" %q", object.GetName())
	}
	return fmt.Sprintf("the API server refuses the %s%s: %s", object.GetKind(), name, fault)
}

// Kinds are those that are known. What was read of one is kept. It is not safe for
// concurrent use.
type Kinds struct {
	// flux are the versions of Flux, newest first.
	flux   []string
	files  map[schema.GroupKind]string
	read   map[schema.GroupKind][]*definition
	types  *runtime.Scheme
	expect *expressions
}

// Open returns the kinds, with those of Flux of some of Versions; of the newest when
// none is given.
func Open(flux ...string) *Kinds {
	if len(flux) == 0 {
		flux = []string{Newest}
	}
	newest := slices.Clone(flux)
	slices.SortFunc(newest, func(a, b string) int { return cmp.Compare(minorOf(b), minorOf(a)) })
	return &Kinds{flux: slices.Compact(newest), files: files(), read: map[schema.GroupKind][]*definition{}, types: builtIn(), expect: newExpressions()}
}

// Check lists what the API server would refuse of an object, in the order of its
// fields.
func (k *Kinds) Check(object *unstructured.Unstructured) []Fault {
	gvk := object.GroupVersionKind()
	out := k.ofKind(gvk, object)
	out = append(out, ofMetadata(object)...)
	slices.SortStableFunc(out, func(a, b Fault) int { return cmp.Compare(manifest.Dotted(a.Path), manifest.Dotted(b.Path)) })
	return slices.CompactFunc(out, func(a, b Fault) bool { return a.String() == b.String() })
}

func (k *Kinds) ofKind(gvk schema.GroupVersionKind, object *unstructured.Unstructured) []Fault {
	found, err := k.definitions(gvk.GroupKind())
	switch {
	case err != nil:
		return []Fault{{nil, err.Error()}}
	case len(found) > 0:
		return k.ofAny(found, gvk.Version, object)
	case k.types.Recognizes(gvk):
		return append(k.ofType(gvk, object), ofRequired(object)...)
	default:
		return k.ofUnknown(gvk)
	}
}

// ofAny checks an object of a kind that several versions of Flux have: what one of
// them takes has no fault, else those of the newest are told.
func (k *Kinds) ofAny(found []*definition, version string, object *unstructured.Unstructured) []Fault {
	var first []Fault
	for n, one := range found {
		faults := k.ofCustom(one, version, object)
		if len(faults) == 0 {
			return nil
		}
		if n == 0 {
			first = faults
		}
	}
	return first
}

// ofCustom checks an object of a CRD.
func (k *Kinds) ofCustom(found *definition, version string, object *unstructured.Unstructured) []Fault {
	of := found.versions[version]
	if of == nil {
		return []Fault{{[]any{"apiVersion"}, k.noVersion(found, version)}}
	}
	content := runtime.DeepCopyJSONValue(object.Object).(map[string]any)
	prepare(content, of.props)
	w := walker{expect: k.expect}
	w.walk(content, of.props, nil)
	out := slices.Concat(w.faults, of.validate(content))
	if len(out) == 0 { // the API server asks the rules of what is whole
		w.rules(content, of.props, nil)
		out = w.faults
	}
	return out
}

func extend(path []any, step any) []any {
	return append(append(make([]any, 0, len(path)+1), path...), step)
}
