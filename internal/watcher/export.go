package watcher

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/source"
)

// exportable is an item that becomes an input set.
type exportable struct {
	source.Item
	// frozen is what was exported of the item before, when that is to stay.
	frozen v1.ResourceSetInput
}

// export writes the input sets and their digest into the provider's status. It
// returns which inputs are not exported as they are, and why: one that was
// exported before stays as it was, and the others are exported all the same.
func export(provider *v1.ResourceSetInputProvider, items []exportable, exported exportedInputs) ([]omission, error) {
	defaults, err := readDefaults(provider.Spec.DefaultValues)
	if err != nil {
		return nil, report.Stall(v1.ReasonInvalidDefaultValues, err)
	}
	var omitted []omission
	var candidates []candidate
	for _, item := range items {
		last, running := exported[item.Key()]
		one := candidate{key: item.Key(), last: last.values}
		if one.input, err = item.input(defaults); err != nil {
			omitted = append(omitted, omission{key: one.key, why: err, kept: running})
			one.input = last.values
		}
		if one.input != nil {
			candidates = append(candidates, one)
		}
	}
	inputs, unfit := fit(candidates, room(provider), oldestFirst(provider, len(candidates)))
	omitted = append(omitted, unfit...)
	if provider.Spec.Type == v1.InputProviderStatic && len(omitted) > 0 {
		return omitted, report.Stall(v1.ReasonInvalidExportedInputs, fmt.Errorf("%s: shorten spec.defaultValues", tell(omitted)))
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
	for key, value := range e.Values { // the id is not always theirs
		raw, err := canonical(value.Raw)
		if err != nil {
			return nil, fmt.Errorf("%.60q: %w", key, err)
		}
		in[key] = &apiextensionsv1.JSON{Raw: raw}
	}
	if err := e.tell(in); err != nil {
		return nil, err
	}
	for key, value := range defaults {
		if _, ok := in[key]; !ok {
			in[key] = value
		}
	}
	return in, nil
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
