package render_test

import (
	"fmt"
	"strings"
	"testing"
	"text/template"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/render"
)

// seedSet is the ResourceSet of the seed, as the API server stores it.
const seedSet = `
metadata: {name: api-pr-envs, namespace: app-dev}
spec:
  inputsFrom:
  - apiVersion: fluxcd.controlplane.io/v1
    kind: ResourceSetInputProvider
    name: api-prs
  resources:
  - apiVersion: kustomize.toolkit.fluxcd.io/v1
    kind: Kustomization
    metadata:
      name: api-pr-<< inputs.id >>
      namespace: app-dev
    spec:
      dependsOn:
      - name: app-common-dev
        namespace: flux-system
      interval: 10m
      retryInterval: 1m
      prune: true
      wait: false
      sourceRef:
        kind: GitRepository
        name: flux-system
        namespace: flux-system
      path: ./clusters/eks/apps/api/pr-template
      postBuild:
        substitute:
          PR_NUMBER: << inputs.id | quote >>
          COMMIT_SHA: "<< inputs.sha >>"
`

// BenchmarkRender renders the seed's Kustomization for 1,000 inputs, and
// beside it as a text that is executed and parsed for each.
func BenchmarkRender(b *testing.B) {
	set := parseSet(b, seedSet)
	sets := make([]input.Set, 1000)
	for n := range sets {
		sets[n] = inputSet(n, map[string]any{"id": fmt.Sprint(1000 + n), "sha": fmt.Sprintf("%040x", n)})
	}
	b.Run("held", func(b *testing.B) {
		program, err := render.Compile(set)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := program.All(b.Context(), sets); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("whole text", func(b *testing.B) {
		for b.Loop() {
			for _, one := range sets {
				if _, err := wholeText(set, one.Values); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// wholeText renders the first resource of a set as the peer does, by its
// contract: its YAML is executed as a text, and what comes out is parsed.
func wholeText(set *v1.ResourceSet, values map[string]any) (*unstructured.Unstructured, error) {
	text, err := yaml.JSONToYAML(set.Spec.Resources[0].Raw)
	if err != nil {
		return nil, err
	}
	funcs := render.Functions()
	funcs["inputs"] = func() map[string]any { return values }
	parsed, err := template.New("").Delims("<<", ">>").Option("missingkey=error").Funcs(funcs).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	if err := parsed.Execute(&out, nil); err != nil {
		return nil, err
	}
	raw, err := yaml.YAMLToJSON([]byte(out.String()))
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	return object, object.UnmarshalJSON(raw)
}

func parseSet(tb testing.TB, text string) *v1.ResourceSet {
	tb.Helper()
	set := &v1.ResourceSet{}
	if err := yaml.UnmarshalStrict([]byte(text), set); err != nil {
		tb.Fatal(err)
	}
	return set
}

// inputSet returns the nth input of the provider of the seed.
func inputSet(n int, values map[string]any) input.Set {
	from := input.Provider{APIVersion: v1.GroupVersion.String(), Kind: v1.ResourceSetInputProviderKind, Name: "api-prs", Namespace: "app-dev"}
	return input.Set{Provider: from, Index: n, Values: values}
}
