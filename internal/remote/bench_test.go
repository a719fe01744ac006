package remote_test

import (
	"context"
	"net/http"
	"net/http/cgi" //nolint:gosec // Go has mended it long ago
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/remote"
)

// host serves repositories as git itself does, and files, over TLS.
type host struct {
	*httptest.Server
	folder string
	mux    *http.ServeMux
	asked  atomic.Int32
	// logins are requests that said who asks.
	logins atomic.Int32
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{folder: t.TempDir(), mux: http.NewServeMux()}
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h.asked.Add(1)
		if req.Header.Get("Authorization") != "" || req.Header.Get("Cookie") != "" {
			h.logins.Add(1)
		}
		h.mux.ServeHTTP(w, req)
	}))
	t.Cleanup(h.Close)
	if path, err := exec.Command("git", "--exec-path").Output(); err == nil { //nolint:noctx // it ends at once
		h.mux.Handle("/org/", &cgi.Handler{
			Path: filepath.Join(strings.TrimSpace(string(path)), "git-http-backend"),
			Dir:  h.folder, // and not that of the test, in whose files nothing is opened so
			Env: []string{
				"GIT_PROJECT_ROOT=" + h.folder, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_COUNT=3",
				"GIT_CONFIG_KEY_0=uploadpack.allowFilter", "GIT_CONFIG_VALUE_0=true",
				"GIT_CONFIG_KEY_1=uploadpack.allowAnySHA1InWant", "GIT_CONFIG_VALUE_1=true",
				"GIT_CONFIG_KEY_2=safe.directory", "GIT_CONFIG_VALUE_2=*",
			},
		})
	}
	return h
}

// serve answers for a plain file.
func (h *host) serve(path, text string) {
	h.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
}

// git runs git in a repository, and returns what it says.
func (h *host) git(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = filepath.Join(h.folder, "org", name)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.invalid", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.invalid")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// repository makes a repository, or commits to one, HOST standing for the host.
func (h *host) repository(t *testing.T, name, archive string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("needs git")
	}
	dir := filepath.Join(h.folder, "org", name)
	if _, err := os.Stat(dir); err != nil {
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // for a program that serves it
			t.Fatal(err)
		}
		h.git(t, name, "init", "-q", "-b", "main")
	}
	write(t, dir, strings.ReplaceAll(archive, "HOST", h.URL))
	h.git(t, name, "add", "-A")
	h.git(t, name, "commit", "-q", "--allow-empty", "-m", "what there is")
}

func write(t *testing.T, dir, archive string) {
	t.Helper()
	for _, file := range txtar.Parse([]byte(archive)).Files {
		name := filepath.Join(dir, file.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // of a test
			t.Fatal(err)
		}
		if err := os.WriteFile(name, file.Data, 0o644); err != nil { //nolint:gosec // of a test
			t.Fatal(err)
		}
	}
}

// fetcher asks the host, whose certificate and address nobody else takes.
func (h *host) fetcher() *remote.Fetcher { return remote.New(h.Client().Transport) }

// build builds app of an archive, HOST standing for the host, and lists the
// objects that come of it.
func (h *host) build(t *testing.T, with overlay.Remote, archive string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, strings.ReplaceAll(archive, "HOST", h.URL))
	fleet := overlay.Open(dir)
	fleet.Remote = with
	built, err := fleet.Build(context.Background(), "app", kustomizev1.Kustomization{})
	var names []string
	for _, object := range built.Objects {
		names = append(names, object.GetKind()+"/"+object.GetName())
	}
	return strings.Join(names, " "), err
}

// app is an overlay with one entry of a field.
func app(field, entry string) string {
	return "-- app/kustomization.yaml --\nnamePrefix: my-\n" + field + ":\n- " + entry + "\n"
}

func configMap(name string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n"
}
