package release_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/packaging/product"
	"github.com/eddy-previews/eddy/packaging/release"
)

// The program of these tests prints its version, as Eddy does with --version.
var program = map[string]string{
	"go.mod":                  "module github.com/eddy-previews/eddy\n\ngo 1.26.0\n",
	"cmd/eddy/main.go":        "package main\n\nimport \"github.com/eddy-previews/eddy/internal/cli\"\n\nfunc main() { cli.Print() }\n",
	"internal/cli/version.go": "package cli\n\nvar version string\n\nfunc Print() { println(version) }\n",
	"README.md":               "# Eddy\n",
	"LICENSE":                 "Apache-2.0\n",
	"CHANGELOG.md":            "# Changelog\n\n## Unreleased\n\n- Not yet.\n\n## 0.1.0 - 2026-11-25\n\n- It works.\n",
}

// checkout is a small one, with the chart of this one.
func checkout(t *testing.T) release.Spec {
	t.Helper()
	root := t.TempDir()
	for name, text := range program {
		write(t, filepath.Join(root, name), text)
	}
	if err := os.CopyFS(filepath.Join(root, "charts", "eddy"), os.DirFS("../../charts/eddy")); err != nil {
		t.Fatal(err)
	}
	return release.Spec{
		Build: product.Build{Root: root, Version: "v0.1.0-draft.gc0ffee1", Revision: "c0ffee1", Created: time.Unix(1e9, 0)},
		Image: "registry.example.com/eddy", Stage: release.Draft,
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func build(t *testing.T, spec release.Spec) (folder string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it compiles for each platform")
	}
	folder = filepath.Join(t.TempDir(), "release")
	if err := release.Build(t.Context(), spec, folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestAReleaseIsWholeAndTheSameWhereverItIsBuilt(t *testing.T) {
	spec := checkout(t)
	first := build(t, spec)
	if err := release.Check(t.Context(), spec, first); err != nil {
		t.Fatal(err)
	}
	elsewhere := checkout(t)
	second := build(t, elsewhere)
	if err := release.Same(first, second); err != nil {
		t.Error(err)
	}
	listed, err := os.ReadFile(filepath.Join(first, "checksums.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"eddy-0.1.0-draft.gc0ffee1.tgz", "notes.md", "image.tar", "image.linux-arm64.cdx.json",
		"linux_amd64.tar.gz", "linux_arm64.tar.gz", "darwin_amd64.tar.gz", "darwin_arm64.tar.gz", "darwin_arm64.cdx.json",
	} {
		if !strings.Contains(string(listed), name+"\n") {
			t.Errorf("%s is not among\n%s", name, listed)
		}
	}
}

func TestAReleaseThatIsNotWholeIsAnErrorThatNamesWhatIsWrong(t *testing.T) {
	spec := checkout(t)
	folder := build(t, spec)
	other := spec
	other.Version = "v0.1.0-draft.g0000000"
	if err := release.Check(t.Context(), other, folder); err == nil || !strings.Contains(err.Error(), "0000000") {
		t.Errorf("of another version: %v", err)
	}
	archive := filepath.Join(folder, "eddy_0.1.0-draft.gc0ffee1_darwin_arm64.tar.gz")
	if err := os.Rename(archive, filepath.Join(folder, "other.tar.gz")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "notes.md"), "")
	err := release.Check(t.Context(), spec, folder)
	for _, because := range []string{"darwin_arm64.tar.gz is missing", "other.tar.gz is not listed", "notes.md differs", "notes.md is empty", "the program for darwin/arm64"} {
		if err == nil || !strings.Contains(err.Error(), because) {
			t.Errorf("%q is not in: %v", because, err)
		}
	}
}

func TestAFinalReleaseIsOfTheVersionThatTheCheckoutSays(t *testing.T) {
	spec := checkout(t)
	spec.Stage = release.Final
	for version, because := range map[string]string{
		"v0.2.0":    `CHANGELOG.md says nothing of 0.2.0: give what is under "## Unreleased" the heading "## 0.2.0"`,
		"v0.1":      "CHANGELOG.md says nothing of 0.1:",
		"g1a8128a":  "CHANGELOG.md says nothing of g1a8128a",
		"v0.1.0-rc": "CHANGELOG.md says nothing of 0.1.0-rc",
	} {
		spec.Version = version
		if err := release.Build(t.Context(), spec, filepath.Join(t.TempDir(), "release")); err == nil || !strings.Contains(err.Error(), because) {
			t.Errorf("%s: %v", version, err)
		}
	}
	write(t, filepath.Join(spec.Root, "CHANGELOG.md"), "## 0.2.0\n\n- More.\n")
	spec.Version = "v0.2.0"
	err := release.Build(t.Context(), spec, filepath.Join(t.TempDir(), "release"))
	if err == nil || !strings.Contains(err.Error(), "set both to 0.2.0 before it is tagged") {
		t.Errorf("with the chart of another version: %v", err)
	}
}

func TestNotesAreTheSectionOfTheVersionAndNoOther(t *testing.T) {
	const changelog = "# Changelog\n\n## Unreleased\n- c\n\n## [0.1.10] - 2026-01-02\n### Added\n- b\n\n## 0.1.1\n- a\n"
	for version, want := range map[string]string{"Unreleased": "- c\n", "0.1.10": "### Added\n- b\n", "0.1.1": "- a\n"} {
		if got, err := release.Notes(changelog, version); err != nil || got != want {
			t.Errorf("%s: %q, %v", version, got, err)
		}
	}
	if _, err := release.Notes(changelog, "0.1"); err == nil {
		t.Error("a version that begins like another has its notes")
	}
}
