package overlay_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A ref that git takes for an option has it run a program.
func TestNoRefHasTheRealGitRunAProgram(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	for _, field := range []string{"resources", "bases", "components", "transformers", "generators", "validators", "crds", "configurations"} {
		t.Run(field, func(t *testing.T) {
			trace := filepath.Join(t.TempDir(), "trace")
			address := "file:///x?ref=--upload-pack=touch%20" + trace + "%20"
			text := fmt.Sprintf("resources: [cm.yaml]\n%s: [%q]\n", field, address)
			if field == "resources" {
				text = fmt.Sprintf("resources: [cm.yaml, %q]\n", address)
			}
			out, err := buildApp(t, "-- app/kustomization.yaml --\n"+text+"-- app/cm.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
			if _, there := os.Stat(trace); !os.IsNotExist(there) {
				t.Fatalf("git ran a program: %v", there)
			}
			if err == nil { // else it is refused as a whole
				told(t, field, []string{address}, out)
			}
		})
	}
}
