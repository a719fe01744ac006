package charts_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// promtool is where `make promtool` puts it, or in the path; the test is skipped where it is not.
func promtool(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("promtool"); err == nil {
		return path
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cmp.Or(os.Getenv("EDDY_CACHE"), filepath.Join(home, ".cache", "eddy")), "promtool", "usr", "bin", "promtool")
	if _, err := os.Stat(path); err != nil {
		t.Skip("promtool is not here: run make promtool")
	}
	return path
}

func TestTheAlertsAreRulesOfPrometheusAndFireWhenTheyShould(t *testing.T) {
	program := promtool(t)
	for _, arguments := range [][]string{
		{"check", "rules", "eddy/files/rules.yaml"},
		{"test", "rules", "testdata/alerts.yaml"},
	} {
		if told, err := exec.CommandContext(t.Context(), program, arguments...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", arguments, err, told)
		}
	}
}
