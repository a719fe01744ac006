package examples_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/render"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestTheYAMLInTheDocsIsAdmitted takes every block of YAML out of the README
// and of docs/.
func TestTheYAMLInTheDocsIsAdmitted(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "../README.md") {
		for _, block := range yamlBlock.FindAllStringSubmatch(read(t, page), -1) {
			for _, document := range strings.Split(block[1], "\n---\n") {
				found++
				t.Run(filepath.Base(page), func(t *testing.T) { admitted(t, object(t, document)) })
			}
		}
	}
	if found < 3 {
		t.Errorf("found %d documents: the pattern misses them", found)
	}
}

// TestTheRecipesAreRendered renders each ResourceSet of the recipes for a pull
// request, with a label and without.
func TestTheRecipesAreRendered(t *testing.T) {
	page := read(t, "../docs/recipes.md")
	for _, block := range yamlBlock.FindAllStringSubmatch(page, -1) {
		if !strings.Contains(block[1], "kind: ResourceSet\n") {
			continue
		}
		program, err := render.Compile(decode[v1.ResourceSet](t, block[1]))
		if err != nil {
			t.Fatal(err)
		}
		for _, labels := range []any{[]any{"with-backend"}, nil} {
			values := map[string]any{"id": "1234", "sha": sha, "branch": "feature/cart"}
			if labels != nil {
				values["labels"] = labels
			}
			preview, err := program.Render(t.Context(), input.Set{Values: values})
			if err != nil {
				t.Fatal(err)
			}
			for _, object := range preview.Objects {
				if text := fmt.Sprint(object.Object); !strings.Contains(text, "1234") || strings.Contains(text, "<<") {
					t.Errorf("rendered is %s", text)
				}
			}
		}
	}
}

// TestTheCombinedInputsInTheDocsAreRendered makes of one pull request what the
// page says: an object for each region, under the id that the page names.
func TestTheCombinedInputsInTheDocsAreRendered(t *testing.T) {
	page := read(t, "../docs/reference.md")
	_, section, _ := strings.Cut(page, "## Combining inputs")
	set := decode[v1.ResourceSet](t, yamlBlock.FindStringSubmatch(section)[1])
	request := &v1.ResourceSetInputProvider{}
	request.Name, request.Namespace = "api-prs", "app-dev"
	request.Status.ExportedInputs = []v1.ResourceSetInput{{
		"id": &apiextensionsv1.JSON{Raw: []byte(`"1234"`)}, "sha": &apiextensionsv1.JSON{Raw: []byte(`"` + sha + `"`)},
	}}
	strategy, err := input.StrategyOf(set, nil)
	if err != nil {
		t.Fatal(err)
	}
	combined, err := strategy.Combine(set, []v1.ResourceSetInputProvider{*request}, nil)
	if err != nil {
		t.Fatal(err)
	}
	program, err := render.Compile(set)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range combined.Sets {
		preview, err := program.Render(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range preview.Objects {
			got = append(got, fmt.Sprint(object.GetName(), " ", object.Object["data"]))
		}
	}
	equal(t, strings.Join(got, "\n"), fmt.Sprintf(
		"api-869142653 map[cluster:eu-west-1 commit:%[1]s request:1234]\napi-345575495 map[cluster:us-east-2 commit:%[1]s request:1234]", sha))
	if key := combined.Sets[0].Key(); !strings.Contains(page, "`"+key+"`") {
		t.Errorf("the page names another key than %s", key)
	}
}
