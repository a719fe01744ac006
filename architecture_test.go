package eddy_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/eddy-previews/eddy/"

// mayImport says who may import whom: a room knows only those to its left, and
// api/v1, which everybody may know and which knows nobody. A room that is not
// in the table does not exist.
//
//	forge ──> source ──> watcher ──> [ provider status ]
//	[ set status ] <── templater <── input ──> render ──> apply ──> cluster
var mayImport = map[string][]string{
	"api/v1":              {},
	"internal/identity":   {},
	"internal/source":     {"internal/identity"},
	"internal/schedule":   {},
	"internal/report":     {},
	"internal/turns":      {},
	"internal/throttle":       {},
	"internal/credential": {"internal/source"},
	"internal/watcher":    {"internal/identity", "internal/source", "internal/schedule", "internal/report", "internal/credential", "internal/turns"},
	"internal/input":      {"internal/identity"},
	"internal/render":     {"internal/throttle", "internal/input"},
	"internal/expression": {"internal/throttle"},
	"internal/apply":      {"internal/expression"},
	"internal/reference":  {},
	"internal/templater":  {"internal/identity", "internal/input", "internal/render", "internal/reference", "internal/expression", "internal/apply", "internal/report", "internal/turns", "internal/throttle"},
	"internal/operator":   {"internal/apply", "internal/throttle", "internal/source", "internal/watcher", "internal/templater", "internal/report", "internal/credential", "internal/turns"},
	"internal/files":      {},
	"internal/overlay":    {"internal/files", "internal/manifest"},
	"internal/remote":     {"internal/files", "internal/overlay"},
	"internal/suggest":    {},
	"internal/manifest":   {"internal/suggest"},
	"internal/simulate":    {"internal/input", "internal/render", "internal/overlay"},
	"examples":            {},
	"internal/scaffold":   {"examples", "internal/files", "internal/suggest", "internal/overlay"},
	"internal/lint":       {"internal/files", "internal/source", "internal/suggest", "internal/manifest", "internal/input", "internal/render", "internal/overlay", "internal/simulate"},
	"internal/diagnose":   {},
	"internal/trace":      {"internal/diagnose", "internal/suggest"},
	"internal/control":      {},
	"internal/diff":       {"internal/input", "internal/render", "internal/apply"},
	"charts":              {},
	"internal/install":    {"charts"},
	"internal/check":      {"internal/install"},
	"internal/cli":        {"internal/files", "internal/source", "internal/input", "internal/render", "internal/operator", "internal/apply", "internal/suggest", "internal/diagnose", "internal/trace", "internal/control", "internal/diff", "internal/watcher", "internal/overlay", "internal/remote", "internal/manifest", "internal/simulate", "internal/lint", "internal/scaffold", "internal/install", "internal/check"},
	"cmd/eddy":            {"internal/cli"},
	"test/apiserver":      {},
	"test/rig":            {"test/apiserver"},
	"test/faults":         {"test/apiserver", "test/rig"},
	"test/bench":          {"test/rig"},
	"test/forge":          {},
	"test/forge/trim":     {},
	"test/e2e/story":      {},
	"test/e2e/demo":       {"test/e2e/story"},
}

// purePackages must not talk to a cluster.
var purePackages = []string{
	"internal/identity", "internal/expression", "internal/input", "internal/render", "internal/overlay", "internal/suggest", "internal/manifest",
	"internal/simulate", "internal/lint", "internal/diagnose",
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func TestImportsPointOneWay(t *testing.T) {
	for _, pkg := range packages(t) {
		room := strings.TrimPrefix(pkg.ImportPath, module)
		allowed, known := mayImport[room]
		if !known {
			t.Errorf("%s is in no room: add it to mayImport, and to docs/guide.md if a pull request passes through it", room)
			continue
		}
		for _, path := range pkg.Imports {
			other, ours := strings.CutPrefix(path, module)
			if ours && other != "api/v1" && !slices.Contains(allowed, other) {
				t.Errorf("%s imports %s, and may import only %v", room, other, allowed)
			}
		}
	}
}

func TestPureRoomsHaveNoKubernetesClient(t *testing.T) {
	for _, pkg := range packages(t) {
		room := strings.TrimPrefix(pkg.ImportPath, module)
		if !slices.Contains(purePackages, room) {
			continue
		}
		for _, path := range pkg.Imports {
			if strings.HasPrefix(path, "k8s.io/client-go/") || strings.HasPrefix(path, "sigs.k8s.io/controller-runtime") {
				t.Errorf("%s imports %s, but must not talk to a cluster", room, path)
			}
		}
	}
}

// packages lists the packages of this module that are not tests alone.
func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,GoFiles", "./...").Output()
	if err != nil {
		t.Fatalf("listing the packages: %v", err)
	}
	var list []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var pkg struct {
			goPackage
			GoFiles []string
		}
		if err := decoder.Decode(&pkg); err != nil {
			t.Fatal(err)
		}
		if len(pkg.GoFiles) > 0 {
			list = append(list, pkg.goPackage)
		}
	}
	return list
}
