package eddy_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoInstallsTheProgram installs what is committed from a proxy, as README says: nothing
// that a module cannot have, such as a replacement, is in the way, and the program knows
// its version.
func TestGoInstallsTheProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("links the program")
	}
	const module, version = "github.com/eddy-previews/eddy", "v0.1.0"
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := "go install " + module + "/cmd/eddy@latest"
	if !bytes.Contains(readme, []byte("    "+command+" ")) {
		t.Fatalf("README does not say %s", command)
	}
	proxy, root, bin := t.TempDir(), t.TempDir(), t.TempDir()
	publish(t, filepath.Join(proxy, filepath.FromSlash(module), "@v"), module, version)
	// All else has been fetched already.
	cache := "file://" + filepath.Join(strings.TrimSpace(run(t, "go", "env", "GOMODCACHE")), "cache", "download")
	t.Setenv("GOPROXY", "file://"+proxy+","+cache)
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOFLAGS", os.Getenv("GOFLAGS")+" -modcacherw -ldflags=-s")
	t.Setenv("GOMODCACHE", root)
	t.Setenv("GOBIN", bin)
	run(t, "sh", "-c", "cd / && "+command)
	if out := run(t, filepath.Join(bin, "eddy"), "version"); !strings.Contains(out, version) {
		t.Errorf("eddy version says %s", out)
	}
}

// publish lays out what is committed as a proxy serves it. Modules in its folders are not
// part of a module.
func publish(t *testing.T, dir, module, version string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"list": version + "\n", version + ".info": fmt.Sprintf(`{"Version": %q}`, version),
		version + ".mod": run(t, "git", "show", "HEAD:go.mod"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	archive := []string{"archive", "--format=zip", "--prefix=" + module + "@" + version + "/", "-o", filepath.Join(dir, version+".zip"), "HEAD", "--", "."}
	for _, other := range strings.Fields(run(t, "git", "ls-files", "*/go.mod")) {
		archive = append(archive, ":!"+filepath.Dir(other))
	}
	run(t, "git", archive...)
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}
