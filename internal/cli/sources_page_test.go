package cli_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
)

// admitted are the types that the API server admits.
func admitted(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../config/crd/fluxcd.controlplane.io_resourcesetinputproviders.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(text, &crd); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, one := range crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties["type"].Enum {
		var name string
		if err := yaml.Unmarshal(one.Raw, &name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if len(names) < 25 {
		t.Fatalf("the definition has %d types", len(names))
	}
	return names
}

func TestEveryTypeThatIsAdmittedCanBeWatched(t *testing.T) {
	for _, name := range admitted(t) {
		if _, err := source.TypeOf(name); err != nil && name != v1.InputProviderStatic {
			t.Error(err)
		}
	}
}

// filtersTold are the filters that ask for what a type tells.
func filtersTold(tells source.Tells) map[string]bool {
	return map[string]bool{
		"labels": tells.Labels, "drafts": tells.Drafts, "forks": tells.Forks, "authors": tells.Author,
		"updatedWithin": tells.Updated, "paths": tells.Files,
		"includeTargetBranch": tells.TargetBranch, "excludeTargetBranch": tells.TargetBranch,
	}
}

func TestThePageOfSourcesIsTrue(t *testing.T) {
	page, err := os.ReadFile("../../docs/sources.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, line := range strings.Split(string(page), "\n") {
		if cells := strings.Split(line, "|"); len(cells) == 7 {
			rows[strings.Trim(cells[1], " `")] = cells[5]
		}
	}
	for _, name := range admitted(t) {
		filters, told := rows[name]
		if !told {
			t.Errorf("docs/sources.md has no row for %s", name)
		}
		kind, err := source.TypeOf(name)
		if err != nil { // Static
			continue
		}
		for filter, works := range filtersTold(kind.Tells) {
			if written := strings.Contains(filters, "`"+filter+"`"); filters != " the same " && written != works {
				t.Errorf("docs/sources.md: %s: filters have %s: %t, and it works: %t", name, filter, written, works)
			}
		}
	}
}

// quotedWord is the name of a field on the page.
var quotedWord = regexp.MustCompile("`([A-Za-z]+)`")

func TestThePageOfSourcesNamesTheFieldsThatAreExportedAndNoOthers(t *testing.T) {
	page, err := os.ReadFile("../../docs/sources.md")
	if err != nil {
		t.Fatal(err)
	}
	exported := map[string]bool{}
	for _, field := range forge.Fields() {
		exported[field.Name] = true
		if !strings.Contains(string(page), "`"+field.Name+"`") {
			t.Errorf("docs/sources.md does not name %s", field.Name)
		}
	}
	for _, own := range []string{"namespace", "name", "revision", "defaultValues"} { // of an artifact, and of nothing that is watched
		exported[own] = true
	}
	for _, line := range strings.Split(string(page), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 7 {
			continue
		}
		for _, word := range quotedWord.FindAllStringSubmatch(cells[3], -1) {
			if !exported[word[1]] {
				t.Errorf("docs/sources.md: %s: nothing is exported as %s", cells[1], word[1])
			}
		}
	}
}

// Who adds a forge, or something that one can be told, meets this test.
func TestEveryPermissionIsNamedInTheReference(t *testing.T) {
	text, err := os.ReadFile("../../docs/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, kind := range admitted(t) {
		for _, told := range []source.Told{source.Comment, source.Status, source.Deployment, source.Dashboard} {
			permission := source.Permission(kind, told)
			if permission != "" {
				named++
			}
			if !strings.Contains(string(text), permission) {
				t.Errorf("docs/reference.md does not name %q, for the %s of %s", permission, told, kind)
			}
		}
	}
	if named < 10 {
		t.Errorf("there are %d permissions", named)
	}
}
