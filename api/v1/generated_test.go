package v1_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/eddy-previews/eddy/test/apiserver"
)

// TestGeneratedFilesAreFresh generates everything anew, elsewhere, and compares.
func TestGeneratedFilesAreFresh(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the generators: run without -short")
	}
	root, out := apiserver.Root(), t.TempDir()
	generate(t, "controller-gen", "object", "crd", "paths=./api/...", "output:object:dir="+out, "output:crd:dir="+out)
	generate(t, "crd-ref-docs", "--source-path=api/v1", "--config=tools/api-docs.yaml",
		"--renderer=markdown", "--output-path="+filepath.Join(out, "api.md"))
	for generated, checkedIn := range map[string]string{
		"api.md":                   "docs",
		"zz_generated.deepcopy.go": "api/v1",
		"fluxcd.controlplane.io_resourcesets.yaml":              "config/crd",
		"fluxcd.controlplane.io_resourcesetinputproviders.yaml": "config/crd",
	} {
		want, err := os.ReadFile(filepath.Join(out, generated))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(root, checkedIn, generated))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s/%s is stale: run `make generate` and commit the result", checkedIn, generated)
		}
	}
}

// generate runs one of the pinned generators.
func generate(t *testing.T, tool string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"tool", "-modfile=tools/generate.mod", tool}, args...)...)
	cmd.Dir = apiserver.Root()
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("running %s: %v\n%s", tool, err, text)
	}
}
