package preview_test

import (
	"slices"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
)

func TestTheProvidersOfANameAreThoseThatWouldExportIt(t *testing.T) {
	var snapshot preview.Snapshot
	for _, name := range []string{"api-prs", "web-prs"} {
		provider := v1.ResourceSetInputProvider{}
		provider.Namespace, provider.Name = "app-dev", name
		snapshot.Providers = append(snapshot.Providers, provider)
	}
	previews := set("shop-pr-envs")
	previews.Spec.InputsFrom = []v1.InputProviderReference{{Name: "api-prs"}}
	snapshot.Sets = []v1.ResourceSet{previews}
	for name, want := range map[string][]string{
		"api/9":                  {"api-prs"},
		"web-prs/9":              {"web-prs"},
		"shop/9":                 {"api-prs"},
		"shop-pr-envs/9":         {"api-prs"},
		"shop-pr-envs/api-prs/9": {"api-prs"},
		"9":                      nil,
		"foo/9":                  nil,
	} {
		var got []string
		for _, provider := range snapshot.Asked(name) {
			got = append(got, provider.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("of %s they are %v, want %v", name, got, want)
		}
	}
}
