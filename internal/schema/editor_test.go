package schema_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/schema"
)

// editor returns what an editor checks with.
func editor(t *testing.T) *jsonschema.Schema {
	t.Helper()
	of, err := schema.Editor(v1.ResourceSetKind, v1.ResourceSetInputProviderKind)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("eddy.schema.json", document); err != nil {
		t.Fatal(err)
	}
	out, err := compiler.Compile("eddy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func checked(t *testing.T, by *jsonschema.Schema, text string) error {
	t.Helper()
	var object any
	if err := yaml.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return by.Validate(object)
}

func TestAnEditorTakesTheExamples(t *testing.T) {
	by, found := editor(t), 0
	for _, name := range []string{"provider.yaml", "resourceset.yaml"} {
		files, err := filepath.Glob("../../examples/*/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for document := range strings.SplitSeq(string(text), "\n---\n") {
				if !strings.Contains(document, "fluxcd.controlplane.io/v1") {
					continue
				}
				found++
				if err := checked(t, by, document); err != nil {
					t.Errorf("%s: %v", file, err)
				}
			}
		}
	}
	if found < 8 {
		t.Errorf("only %d examples were tried", found)
	}
}

func TestAnEditorSaysWhatIsNoField(t *testing.T) {
	const provider = "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {name: prs}\n"
	const set = "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {name: prs}\n"
	by := editor(t)
	for name, c := range map[string]struct{ text, want string }{
		"right":                    {provider + "spec: {type: GitHubPullRequest, url: https://github.com/acme/api}", ""},
		"any object is stamped":    {set + "spec: {resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {a: b}}]}", ""},
		"a type that there is not": {provider + "spec: {type: GithubPullRequest, url: https://github.com/acme/api}", "value must be one of"},
		"a field that there is not": {provider + "spec: {type: GitHubPullRequest, url: https://github.com/acme/api, secretref: {name: a}}",
			"additional properties 'secretref' not allowed"},
		"a field of the other kind": {set + "spec: {url: https://github.com/acme/api}", "additional properties 'url' not allowed"},
		"no spec":                   {set, "missing property 'spec'"},
		"another version":           {strings.Replace(set, "io/v1", "io/v1beta1", 1) + "spec: {}", "value must be 'fluxcd.controlplane.io/v1'"},
		"another kind":              {strings.Replace(set, "ResourceSet", "ResourceSets", 1) + "spec: {}", "value must be one of"},
	} {
		t.Run(name, func(t *testing.T) {
			err := checked(t, by, c.text)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
