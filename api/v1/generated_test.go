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
		t.Skip("builds controller-gen: run without -short")
	}
	root, out := apiserver.Root(), t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "tool", "-modfile=tools/generate.mod", "controller-gen",
		"object", "crd", "paths=./api/...", "output:object:dir="+out, "output:crd:dir="+out)
	cmd.Dir = root
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("running controller-gen: %v\n%s", err, text)
	}
	for generated, checkedIn := range map[string]string{
		"zz_generated.deepcopy.go":                              "api/v1",
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
