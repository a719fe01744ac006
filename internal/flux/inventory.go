package flux

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/object"
)

// Entry is an object that was deployed, and the version to ask for it in.
type Entry struct {
	object.Ref
	Version string
}

// Deployed lists what a deployer has deployed into its own cluster, by the
// inventory in its status. A line that cannot be read is left out.
func Deployed(deployer *unstructured.Unstructured) []Entry {
	if IsElsewhere(deployer) {
		return nil
	}
	var out []Entry
	for _, line := range items(deployer.Object, "status", "inventory", "entries") {
		id, _ := line["id"].(string)
		version, _ := line["v"].(string)
		if named, err := object.ParseID(id); err == nil && version != "" {
			out = append(out, Entry{Ref: named, Version: version})
		}
	}
	return out
}

// IsElsewhere reports whether a deployer deploys into another cluster: what has
// the names in its inventory here is not its own.
func IsElsewhere(deployer *unstructured.Unstructured) bool {
	other, _, _ := unstructured.NestedFieldNoCopy(deployer.Object, "spec", "kubeConfig")
	return other != nil
}

// items returns the maps in a list of an object; what is none is left out.
func items(o map[string]any, fields ...string) []map[string]any {
	list, _, _ := unstructured.NestedFieldNoCopy(o, fields...)
	all, _ := list.([]any)
	var out []map[string]any
	for _, item := range all {
		if one, ok := item.(map[string]any); ok {
			out = append(out, one)
		}
	}
	return out
}
