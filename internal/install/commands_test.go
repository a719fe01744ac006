package install_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/check"
	"github.com/eddy-previews/eddy/internal/cli"
)

// run runs a command against the cluster, and returns what it printed.
func run(t *testing.T, args ...string) (out, progress string, err error) {
	t.Helper()
	var data, notes bytes.Buffer
	command := cli.New(cli.Streams{In: strings.NewReader(""), Out: &data, Err: &notes})
	command.SetArgs(append(args, "--kubeconfig", server.WriteKubeconfig(t)))
	err = command.ExecuteContext(context.Background())
	return data.String(), notes.String(), err
}

func TestTheCommandsTellWhatTheyDoAndFailWhereSomethingIsAmiss(t *testing.T) {
	newBench(t)
	namespace := server.Namespace(t)
	out, progress, err := run(t, "install", "-n", namespace, "--wait=false", "--set", "previews.namespaces={"+namespace+"}")
	if err != nil || out != "" {
		t.Fatalf("install: %v, and printed %q", err, out)
	}
	for _, line := range []string{"► installing Eddy into namespace " + namespace, "✔ Deployment/" + namespace + "/eddy created"} {
		if !strings.Contains(progress, line+"\n") {
			t.Errorf("%q is not among\n%s", line, progress)
		}
	}
	_, _, err = run(t, "install", "-n", namespace, "--timeout=1s")
	if err == nil || !strings.Contains(err.Error(), "the operator is installed, and not ready: timeout waiting for: [") {
		t.Errorf("installing without pods: %v", err)
	}

	out, _, err = run(t, "check", "-n", namespace)
	if err == nil || !strings.HasSuffix(err.Error(), "checks failed") {
		t.Errorf("check: %v", err)
	}
	for _, line := range []string{
		"✔ the definition resourcesets.fluxcd.controlplane.io is up to date\n",
		"✗ kustomize-controller does not run: there is no Deployment of that name with the label app.kubernetes.io/part-of=flux\n  → install Flux: `flux install --kubeconfig ",
		"⚠ there is no ingress class",
	} {
		if !strings.Contains(out, line) {
			t.Errorf("%q is not among\n%s", line, out)
		}
	}
	out, _, _ = run(t, "check", "-o", "json") // it fails as before
	var results []check.Result
	if err := json.Unmarshal([]byte(out), &results); err != nil || len(results) < 5 {
		t.Errorf("%v: %s", err, out)
	}

	_, progress, err = run(t, "uninstall")
	if err != nil || !strings.Contains(progress, "✔ Deployment/"+namespace+"/eddy deleted\n") {
		t.Errorf("uninstall: %v\n%s", err, progress)
	}
}
