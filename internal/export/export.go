// Package export makes verdicts the input sets of a provider: what its status
// exports, and the digest of it, by which others know that there is news.
//
//	made, err := export.Write(provider, verdicts)
//
// It promises that one odd item is no reason to hold up the others, and that what
// is the same as before is not written anew, however its forge writes it.
package export

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/internal/source"
)

// exportable is an item that becomes an input set.
type exportable struct {
	source.Item
	// frozen is what was exported of the item before, when that is to stay.
	frozen v1.ResourceSetInput
	// proved is the evidence that goes with it.
	proved v1.ResourceSetInput
}

// Made is what became of verdicts.
type Made struct {
	// Omitted are inputs that are not exported as they are. One that was exported
	// before stays as it was.
	Omitted []Omission
	// Collisions are inputs whose id had to be told from another's.
	Collisions []identity.Collision
}

// Error is a provider that only a change of its spec can mend; Reason is that of
// its conditions.
type Error struct {
	Reason string
	Err    error
}

// Error returns what is wrong, and where.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Write writes the input sets of verdicts and their digest into the provider's
// status.
func Write(provider *v1.ResourceSetInputProvider, verdicts []admit.Verdict) (Made, error) {
	exported := Read(provider)
	items, made := inputsOf(verdicts, exported)
	made.Collisions = identify(items, exported)
	omitted, err := export(provider, items, exported)
	made.Omitted = append(made.Omitted, omitted...)
	return made, err
}

// inputsOf returns what is to be an input, and the newcomers that cannot be one.
func inputsOf(verdicts []admit.Verdict, exported Inputs) (items []exportable, made Made) {
	for _, v := range verdicts {
		switch {
		case v.Decision == admit.Keep:
			items = append(items, exportable{Item: v.Item, frozen: exported[v.Item.Key()].Values, proved: evidenceOf(exported[v.Item.Key()].Values)})
		case v.Decision == admit.Export:
			items = append(items, exportable{Item: v.Item, proved: v.Proved})
		case v.Reason == admit.NotStorable:
			made.Omitted = append(made.Omitted, Omission{key: v.Item.Key(), why: v.Item.Refused, reason: v.Reason})
		}
	}
	return items, made
}

// export writes items. It returns those that are not exported as they are.
func export(provider *v1.ResourceSetInputProvider, items []exportable, exported Inputs) ([]Omission, error) {
	defaults, err := readDefaults(provider.Spec.DefaultValues)
	if err != nil {
		return nil, &Error{v1.ReasonInvalidDefaultValues, err}
	}
	var omitted []Omission
	var candidates []candidate
	for _, item := range items {
		last, running := exported[item.Key()]
		one := candidate{key: item.Key(), last: last.Values}
		if one.input, err = item.input(defaults); err != nil {
			omitted = append(omitted, Omission{key: one.key, why: err, reason: admit.NotStorable, kept: running})
			one.input = last.Values
		}
		if one.input != nil {
			candidates = append(candidates, one)
		}
	}
	inputs, unfit := fit(candidates, room(provider), oldestFirst(provider, len(candidates)))
	omitted = append(omitted, unfit...)
	if provider.Spec.Type == v1.InputProviderStatic && len(omitted) > 0 {
		return omitted, &Error{v1.ReasonInvalidExportedInputs, fmt.Errorf("%s: shorten spec.defaultValues", Tell(omitted))}
	}
	if provider.Status.LastExportedRevision != "" && same(provider.Status.ExportedInputs, inputs) {
		return omitted, nil // most polls bring no news
	}
	revision, err := digest(inputs)
	if err != nil {
		return nil, err
	}
	provider.Status.ExportedInputs = inputs
	provider.Status.LastExportedRevision = revision
	return omitted, nil
}

// readDefaults refuses values that no input could take.
func readDefaults(defaults v1.ResourceSetInput) (v1.ResourceSetInput, error) {
	out := make(v1.ResourceSetInput, len(defaults))
	for key, value := range defaults {
		if value == nil || len(value.Raw) == 0 || string(value.Raw) == "null" {
			return nil, fmt.Errorf("spec.defaultValues.%s is null: give it a value or leave the key out", key)
		}
		raw, err := canonical(value.Raw)
		if err != nil {
			return nil, fmt.Errorf("spec.defaultValues.%s: %w", key, err)
		}
		out[key] = &apiextensionsv1.JSON{Raw: raw}
	}
	return out, nil
}

// input returns the item as an input set. Optional texts are left out when
// they are empty; defaults fill what is left out, but never the id.
func (e exportable) input(defaults v1.ResourceSetInput) (v1.ResourceSetInput, error) {
	if e.Refused != nil {
		return nil, e.Refused
	}
	in := v1.ResourceSetInput{}
	if err := add(in, e.Values); err != nil { // the id is not always theirs
		return nil, err
	}
	if err := e.tell(in); err != nil {
		return nil, err
	}
	if err := add(in, e.proved); err != nil {
		return nil, err
	}
	for key, value := range defaults {
		if _, ok := in[key]; !ok {
			in[key] = value
		}
	}
	return in, nil
}

// add adds values as they are stored.
func add(in, values v1.ResourceSetInput) error {
	for key, value := range values {
		raw, err := canonical(value.Raw)
		if err != nil {
			return fmt.Errorf("%.60q: %w", key, err)
		}
		in[key] = &apiextensionsv1.JSON{Raw: raw}
	}
	return nil
}

// evidenceOf is the evidence that an input was exported with.
func evidenceOf(in v1.ResourceSetInput) v1.ResourceSetInput {
	out := v1.ResourceSetInput{}
	for _, key := range admit.EvidenceKeys() {
		if value := in[key]; value != nil {
			out[key] = value
		}
	}
	return out
}

// tell writes what the forge told of the item, under the contract's names; what
// is frozen stays as it was exported, but for the id.
func (e exportable) tell(in v1.ResourceSetInput) error {
	for _, field := range forge.Fields() {
		if old := e.frozen[field.Name]; old != nil && field.Name != "id" {
			in[field.Name] = old
			continue
		}
		value, told := field.Of(e.Item)
		if !told {
			continue
		}
		raw, err := json.Marshal(value)
		if err == nil {
			raw, err = canonical(raw)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", field.Name, err)
		}
		in[field.Name] = &apiextensionsv1.JSON{Raw: raw}
	}
	return nil
}

// unprintable are the characters that JSON may hold as they are, and YAML not.
var unprintable = regexp.MustCompile(`[\x{7f}-\x{84}\x{86}-\x{9f}\x{feff}\x{fffe}\x{ffff}]`)

// digest returns sha256:HEX of the YAML of inputs.
func digest(inputs []v1.ResourceSetInput) (string, error) {
	raw, err := json.Marshal(inputs)
	if err != nil {
		return "", fmt.Errorf("encoding the inputs: %w", err)
	}
	text, err := yaml.JSONToYAML(unprintable.ReplaceAllFunc(raw, func(c []byte) []byte {
		return fmt.Appendf(nil, "\\u%04x", []rune(string(c))[0])
	}))
	if err != nil {
		return "", fmt.Errorf("encoding the inputs: %w", err)
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(text)), nil
}
