// Package sample makes the sets and inputs that tests of several rooms are about.
package sample

import (
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/input"
)

// Set reads a ResourceSet named previews in app-dev from the YAML of its spec.
func Set(t testing.TB, spec string) *v1.ResourceSet {
	t.Helper()
	out := &v1.ResourceSet{}
	out.Name, out.Namespace = "previews", "app-dev"
	if err := yaml.UnmarshalStrict([]byte(spec), &out.Spec); err != nil {
		t.Fatal(err)
	}
	return out
}

// Input makes an input set of the provider "prs" from pairs of key and value.
func Input(pairs ...any) input.Set {
	values := map[string]any{}
	for pair := range slices.Chunk(pairs, 2) {
		values[pair[0].(string)] = pair[1]
	}
	return input.Set{Provider: input.Provider{Kind: v1.ResourceSetInputProviderKind, Name: "prs", Namespace: "app-dev"}, Values: values}
}
