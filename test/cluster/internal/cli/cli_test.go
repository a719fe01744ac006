package cli

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
	"github.com/eddy-previews/eddy/test/cluster/system"
)

func TestStatusIsATableOfTheParts(t *testing.T) {
	var out bytes.Buffer
	me := os.Getpid()
	parts := []supervise.Part{
		{Name: "etcd", PID: me, State: supervise.Ready, Address: "http://127.0.0.1:1"},
		{Name: "eddy", State: supervise.Waiting, Restarts: 2, Note: "it ended by itself: exit status 1"},
		{Name: "lost", PID: 1 << 30, State: supervise.Ready},
	}
	if err := printParts(&out, parts); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(out.String(), "\n")
	for i, want := range []string{
		"NAME PID STATE ADDRESS NOTE",
		"etcd",
		"eddy - restarting - restarted 2 times: it ended by itself: exit status 1",
		"lost 1073741824 gone -",
	} {
		if got := strings.Join(strings.Fields(rows[i]), " "); !strings.HasPrefix(got, want) {
			t.Errorf("row %d is %q, want %q", i, got, want)
		}
	}
}

func TestSummaryNamesWhatIsMissing(t *testing.T) {
	var out bytes.Buffer
	printSummary(&out, &system.Info{Dir: "/d", Kubeconfig: "/d/kubeconfig", Missing: []string{"node: containerd is not installed"}})
	if text := out.String(); !strings.Contains(text, "Missing: node: containerd is not installed") || strings.Contains(text, "Ingress") {
		t.Errorf("got %s", text)
	}
}

func TestFlagsAreCheckedBeforeAnythingStarts(t *testing.T) {
	for name, args := range map[string][]string{
		"an unknown mode":       {"up", "--node", "maybe"},
		"a run without command": {"up", "--run", "eddy"},
		"an unknown selection":  {"build", "--only", "everything"},
		"an image without name": {"image"},
		"an argument too many":  {"down", "now"},
	} {
		var out bytes.Buffer
		command := New(&out, &out)
		command.SetArgs(append(args, flagsFor(t, args[0])...))
		if err := command.ExecuteContext(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func flagsFor(t *testing.T, command string) []string {
	t.Helper()
	if command == "build" {
		return nil
	}
	return []string{"--dir", t.TempDir()}
}
