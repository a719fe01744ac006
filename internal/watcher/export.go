package watcher

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/source"
)

// maxExported is the most that exported inputs may take as JSON. etcd accepts
// requests of 1.5 MiB; the rest of the object, and a second copy of a title or
// two in its conditions, need room as well.
const maxExported = 1 << 20

// exportable is an item that becomes an input set.
type exportable struct {
	source.Item
	// frozen is what was exported of the item before, when that is to stay.
	frozen v1.ResourceSetInput
}

// export writes the input sets and their digest into the provider's status.
// When they cannot be written, the status stays as it is.
func export(provider *v1.ResourceSetInputProvider, items []exportable) error {
	if err := checkDefaults(provider.Spec.DefaultValues); err != nil {
		return report.Stall(v1.ReasonInvalidDefaultValues, err)
	}
	inputs := make([]v1.ResourceSetInput, 0, len(items))
	for _, item := range items {
		in, err := item.input(provider.Spec.DefaultValues)
		if err != nil {
			return report.Stall(v1.ReasonInvalidExportedInputs, fmt.Errorf("request %s: %w", item.Key(), err))
		}
		inputs = append(inputs, in)
	}
	text, err := json.Marshal(inputs)
	if err != nil {
		return report.Stall(v1.ReasonInvalidExportedInputs, fmt.Errorf("encoding the inputs: %w", err))
	}
	if isExported(provider, text) {
		return nil
	}
	size := len(text)
	if size > maxExported {
		return report.Stall(v1.ReasonInvalidExportedInputs, fmt.Errorf(
			"%d inputs take %d KiB, more than the %d KiB that fit into one object: lower spec.filter.limit, narrow spec.filter, shorten spec.defaultValues, or split the provider; the inputs exported before stay",
			len(inputs), size>>10, maxExported>>10))
	}
	revision, err := digest(text)
	if err != nil {
		return report.Stall(v1.ReasonInvalidExportedInputs, err)
	}
	provider.Status.ExportedInputs = inputs
	provider.Status.LastExportedRevision = revision
	return nil
}

// isExported reports whether the inputs are those of the last run, of which the
// digest is known: most polls bring no news.
func isExported(provider *v1.ResourceSetInputProvider, inputs []byte) bool {
	before, err := json.Marshal(provider.Status.ExportedInputs)
	return err == nil && provider.Status.LastExportedRevision != "" && bytes.Equal(before, inputs)
}

func checkDefaults(defaults v1.ResourceSetInput) error {
	for key, value := range defaults {
		if value == nil || len(value.Raw) == 0 || string(value.Raw) == "null" {
			return fmt.Errorf("spec.defaultValues.%s is null: give it a value or leave the key out", key)
		}
	}
	return nil
}

// input returns the item as an input set. Optional texts are left out when
// they are empty; defaults fill what is left out, but never the id.
func (e exportable) input(defaults v1.ResourceSetInput) (v1.ResourceSetInput, error) {
	in := v1.ResourceSetInput{}
	maps.Copy(in, e.Values) // the id is not always theirs
	for key, value := range fields(e.Item) {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("encoding %s: %w", key, err)
		}
		in[key] = &apiextensionsv1.JSON{Raw: raw}
	}
	for _, key := range fieldNames {
		if old, ok := e.frozen[key]; ok {
			in[key] = old
		}
	}
	for key, value := range defaults {
		if _, ok := in[key]; !ok {
			in[key] = value
		}
	}
	return in, nil
}

// fieldNames are the keys that a forge can set beside the id; a frozen item
// keeps them.
var fieldNames = []string{
	"sha", "branch", "tag", "digest", "author", "title", "slug", "labels",
	"targetBranch", "url", "fork", "draft", "updatedAt",
}

// fields returns what the forge told of an item, under the contract's names.
func fields(item source.Item) map[string]any {
	out := map[string]any{"id": item.ID}
	texts := map[string]string{
		"sha": item.SHA, "branch": item.Branch, "tag": item.Tag, "digest": item.Digest,
		"author": item.Author, "title": item.Title,
		"slug": item.Slug, "targetBranch": item.TargetBranch, "url": item.URL,
	}
	for key, text := range texts {
		if text != "" {
			out[key] = text
		}
	}
	if len(item.Labels) > 0 {
		out["labels"] = item.Labels
	}
	if item.IsRequest() {
		out["fork"], out["draft"] = item.Fork, item.Draft
	}
	if !item.UpdatedAt.IsZero() {
		out["updatedAt"] = item.UpdatedAt.UTC().Format(time.RFC3339)
	}
	return out
}

// digest returns sha256:HEX of the YAML of inputs in JSON.
func digest(inputs []byte) (string, error) {
	text, err := yaml.JSONToYAML(inputs)
	if err != nil {
		return "", fmt.Errorf("encoding the inputs: %w", err)
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(text)), nil
}
