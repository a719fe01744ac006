package plan_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/plan"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// Each file in testdata holds a ResourceSet, the inputs that a provider exports
// for it (none when absent), and what comes out.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := golden(t, archive)
			if *update {
				put(archive, "want", got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if want := part(archive, "want"); got != want {
				t.Errorf("rendered\n%s\nwant\n%s\n(-update rewrites it)", got, want)
			}
		})
	}
}

// golden renders an archive and prints what comes out.
func golden(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	set := &v1.ResourceSet{}
	if err := yaml.Unmarshal([]byte(part(archive, "resourceset")), set); err != nil {
		t.Fatal(err)
	}
	var exported []v1.ResourceSetInput
	if err := yaml.Unmarshal([]byte(part(archive, "inputs")), &exported); err != nil {
		t.Fatal(err)
	}
	var providers []v1.ResourceSetInputProvider
	if exported != nil {
		provider := v1.ResourceSetInputProvider{}
		provider.Name, provider.Namespace, provider.Status.ExportedInputs = "prs", set.Namespace, exported
		providers = append(providers, provider)
	}
	inputs, err := plan.Combine(set, providers)
	if err != nil {
		t.Fatal(err)
	}
	made, err := plan.Make(t.Context(), plan.Request{Set: set, Inputs: inputs.Sets})
	if err != nil {
		return fmt.Sprintf("the set is stalled: %v\n", err)
	}
	return printed(t, made)
}

func printed(t *testing.T, made plan.Plan) string {
	t.Helper()
	var out strings.Builder
	for _, preview := range made.Previews {
		if preview.Err != nil {
			fmt.Fprintf(&out, "# failed: %v\n", preview.Err)
		}
	}
	for _, step := range made.Steps {
		if step.Name != "" {
			fmt.Fprintf(&out, "# step: %s\n", step.Name)
		}
		for _, object := range step.Objects {
			text, err := yaml.Marshal(object.Object)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "---\n%s", text)
		}
	}
	return out.String()
}

func part(archive *txtar.Archive, name string) string {
	for _, file := range archive.Files {
		if file.Name == name {
			return string(file.Data)
		}
	}
	return ""
}

func put(archive *txtar.Archive, name, text string) {
	for n := range archive.Files {
		if archive.Files[n].Name == name {
			archive.Files[n].Data = []byte(text)
			return
		}
	}
	archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
}
