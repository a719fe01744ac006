package cli

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fetched are the files of a preview whose overlay names one at HOST.
var fetched = map[string]string{
	"set.yaml": `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: api, namespace: app-dev}
spec:
  inputs: [{id: "7"}]
  resources:
    - apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata: {name: "api-pr-<< inputs.id >>"}
      spec: {interval: 10m, prune: true, path: ./app, targetNamespace: apps, sourceRef: {kind: GitRepository, name: fleet}, nameSuffix: "-<< inputs.id >>"}
`,
	"fleet/app/kustomization.yaml": "resources:\n- own.yaml\n- HOST/theirs.yaml\n",
	"fleet/app/own.yaml":           "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n",
}

// previewOf returns the command over the files, HOST standing for an address, and
// what it says.
func previewOf(t *testing.T, host string) (o *buildPreview, out, said *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range fetched {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(text, "HOST", host)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, said = &bytes.Buffer{}, &bytes.Buffer{}
	o = &buildPreview{Streams: Streams{Out: out, Err: said}, Filenames: []string{filepath.Join(dir, "set.yaml")}, Namespace: "default", Path: filepath.Join(dir, "fleet"), Output: "name"}
	o.Request.changed = func(string) bool { return false }
	return o, out, said
}

// theirs serves the file, and counts who asks.
func theirs(t *testing.T) (server *httptest.Server, asked *int) {
	t.Helper()
	asked = new(int)
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*asked++
		_, _ = w.Write([]byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs}\n"))
	}))
	t.Cleanup(server.Close)
	return server, asked
}

func TestAPreviewShowsWhatItFetchesWhenItIsAskedTo(t *testing.T) {
	server, _ := theirs(t)
	o, out, said := previewOf(t, server.URL)
	o.Fetch, o.Transport = true, server.Client().Transport
	if err := o.run(context.Background()); err != nil || !strings.Contains(out.String(), "theirs-7") || said.Len() > 0 {
		t.Errorf("%v: %s\n%s", err, out, said)
	}
	t.Setenv("TTY_FORCE", "1")
	o, _, said = previewOf(t, server.URL)
	o.Fetch, o.Transport = true, server.Client().Transport
	if err := o.run(context.Background()); err != nil || said.String() != "fetching "+server.URL+"/theirs.yaml\n" {
		t.Errorf("on a terminal: %v: %s", err, said)
	}
}

func TestAPreviewAsksNobodyUnlessItIsAskedTo(t *testing.T) {
	server, asked := theirs(t)
	o, out, said := previewOf(t, server.URL)
	o.Transport = server.Client().Transport
	if err := o.run(context.Background()); err != nil || strings.Contains(out.String(), "theirs") || !strings.Contains(said.String(), "--fetch gets") {
		t.Errorf("%v: %s\n%s", err, out, said)
	}
	if *asked != 0 {
		t.Errorf("the host was asked %d times", *asked)
	}
}

func TestAPreviewIsNotBuiltWithoutWhatCannotBeFetched(t *testing.T) {
	for host, why := range map[string]string{
		"http://host.invalid":  "plain http is not fetched",
		"https://127.0.0.1:1":  "nothing is fetched from there",
		"git@host.invalid:org": "nothing is fetched by ssh",
	} {
		o, out, _ := previewOf(t, host)
		o.Fetch = true
		err := o.run(context.Background())
		if err != nil {
			err = explain(err) // as it is printed
		}
		if err == nil || out.Len() > 0 || !strings.Contains(err.Error(), "app/kustomization.yaml:3: resources: ") || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v\n%s", host, err, out)
		}
	}
}
