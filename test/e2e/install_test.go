package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The system's own operator stays: what is installed beside it has no pods, as
// the node has no image of it.
func TestTheChartIsInstalledIntoTheSystemAndTakenOutAgain(t *testing.T) {
	preview(t, "Change what is there")
	binary, err := world.Programs.Eddy(t.Context())
	must(t, err)
	eddy := func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), binary, args...)
		command.Env = append(os.Environ(), "KUBECONFIG="+world.System.Kubeconfig)
		text, err := command.CombinedOutput()
		if err != nil {
			t.Errorf("eddy %s: %v\n%s", strings.Join(args, " "), err, text)
		}
		return string(text)
	}
	eddy("install", "--set", "replicas=0", "--set", "previews.namespaces={default}")
	if again := eddy("install", "--set", "replicas=0", "--set", "previews.namespaces={default}"); strings.Contains(again, "created") || strings.Contains(again, "configured") {
		t.Errorf("installing what is installed changes it:\n%s", again)
	}
	if out := eddy("uninstall"); !strings.Contains(out, "Deployment/flux-system/eddy deleted") {
		t.Errorf("the operator is not taken out:\n%s", out)
	}
	still(t, world.PreviewsReady())
}
