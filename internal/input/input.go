// Package input turns what providers export, and what is written down in a
// ResourceSet, into the list of input sets that templates are rendered with.
//
// One input set is one preview: it has an identity that outlives a change of
// its values, so that a preview can be told from its neighbours, be named in a
// status, and fail alone.
package input

import (
	"fmt"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
)

// ProviderKey is the key under which each input set names its source.
const ProviderKey = "provider"

// idKey is the key of its id.
const idKey = "id"

// Provider names the object that an input set comes from; of a permutation, the
// input sets that it combines.
type Provider struct {
	APIVersion, Kind, Name, Namespace string
}

// String returns Kind/namespace/name.
func (p Provider) String() string {
	return fmt.Sprintf("%s/%s/%s", p.Kind, p.Namespace, p.Name)
}

// values returns the provider as a template sees it.
func (p Provider) values() map[string]any {
	return map[string]any{"apiVersion": p.APIVersion, "kind": p.Kind, "name": p.Name, "namespace": p.Namespace}
}

// Set is one input set.
type Set struct {
	// Provider is where the set comes from.
	Provider Provider
	// Index is the position of the set in its provider's list, from 0.
	Index int
	// Values as a template sees them: nil, bool, string, int64, float64,
	// []any or map[string]any. Nil for None.
	Values map[string]any
	// Err is why the set cannot be rendered: another one has its key.
	Err error

	// label is what the set is known by among those of its provider, where its id
	// is another's.
	label string
}

// ID returns the value of the key id as text, or "" when there is none.
func (s Set) ID() string {
	switch id := s.Values[idKey].(type) {
	case nil:
		return ""
	case string:
		return id
	default:
		return fmt.Sprint(id)
	}
}

// Commit returns the value of the key sha, or "" when there is none; of a permutation that
// of a part.
func (s Set) Commit(part preview.Key) string {
	values := s.Values
	if s.Provider.Kind == PermutationKind {
		values, _ = s.Values[normalise(part.Provider)].(map[string]any)
	}
	sha, _ := values["sha"].(string)
	return sha
}

// Key is what the set is known by for as long as it lives: the name of its
// provider and its label.
func (s Set) Key() string {
	if s.IsNone() {
		return ""
	}
	return preview.Key{Provider: s.Provider.Name, ID: s.Label()}.String()
}

// Label is what the set is known by among those of its provider: its id, or its
// position where it has no id, #2; or both where its id is another's, 7#2.
func (s Set) Label() string {
	switch id := s.ID(); {
	case s.label != "":
		return s.label
	case id != "":
		return id
	default:
		return fmt.Sprintf("#%d", s.Index+1)
	}
}

// IsPosition reports whether a key may be one of a position, which another set has once
// one before it comes or goes.
func IsPosition(key string) bool { return strings.Contains(key, "#") }

// None is what templates are rendered with, once, when a ResourceSet asks for no
// inputs at all.
func None() Set { return Set{} }

// IsNone reports whether there is no input.
func (s Set) IsNone() bool { return s.Values == nil }

// String names the set for a person: provider and id, or the position of a set
// that has no id of its own.
func (s Set) String() string {
	id := s.ID()
	switch {
	case s.Provider.Kind == PermutationKind:
		return fmt.Sprintf("permutation %q of %s", id, s.Provider.Name)
	case id != "" && s.label == "":
		return fmt.Sprintf("input %q of %s", id, s.Provider)
	default:
		return fmt.Sprintf("input %d of %s", s.Index+1, s.Provider)
	}
}

// Decode reads the values of an input set. Integers become int64, other
// numbers float64. A value that is not valid JSON, or null, is an error that
// names its key.
func Decode(in v1.ResourceSetInput) (map[string]any, error) {
	values := make(map[string]any, len(in))
	for key, raw := range in {
		value, err := decodeValue(raw)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", key, err)
		}
		values[key] = value
	}
	return values, nil
}

func decodeValue(raw *apiextensionsv1.JSON) (any, error) {
	if raw == nil || len(raw.Raw) == 0 || string(raw.Raw) == "null" {
		return nil, fmt.Errorf("the value is null; give it a value or leave the key out")
	}
	var value any
	if err := utiljson.Unmarshal(raw.Raw, &value); err != nil {
		return nil, fmt.Errorf("decoding JSON: %w", err)
	}
	return value, nil
}
