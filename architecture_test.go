package eddy_test

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"iter"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/eddy-previews/eddy/"

// floors say who may import whom: a room knows only those on lower floors and
// those to its left, and api/v1, which everybody may know and which knows nobody.
// A room that stands on no floor does not exist. Tests are held to it as well.
//
//	forge ──> source ──> watcher (admit, export) ──> [ provider status ]
//	[ set status ] <── templater <── input ──> plan ──> apply ──> cluster
var floors = []struct{ name, rooms string }{
	{"the kinds, and what is shipped", "api/v1 charts examples"},
	{"for tests", "test/apiserver test/rig test/forge test/forge/trim"},
	{"words", "internal/few internal/identity internal/suggest internal/schedule internal/files internal/manifest internal/throttle internal/lru internal/object internal/flux internal/schema internal/preview"},
	{"outside", "internal/transport internal/registry internal/forge test/asking " +
		"internal/forge/azuredevops internal/forge/bitbucket internal/forge/codecommit internal/forge/gitea internal/forge/github internal/forge/gitlab " +
		"internal/probe internal/source internal/credential"},
	{"deciding", "internal/admit internal/export internal/input test/sample internal/render internal/evidence internal/approval internal/reference internal/plan internal/expression internal/overlay internal/remote internal/diagnose internal/simulate internal/feedback/card"},
	{"acting", "internal/turns internal/apply internal/report internal/rollout internal/trace"},
	{"controllers", "internal/watcher internal/templater internal/feedback"},
	{"processes", "internal/operator"},
	{"tools for people", "internal/lint internal/diff internal/scaffold internal/install internal/check internal/control internal/terminal internal/cli cmd/eddy"},
	{"whole systems", "test/faults test/bench test/e2e/actors test/e2e/demo test/e2e"},
}

// nevers are imports that no floor forbids, each with its reason.
var nevers = []never{
	{
		rooms: "internal/few internal/identity internal/suggest internal/schedule internal/files internal/manifest internal/throttle internal/object internal/flux internal/schema internal/preview " +
			"internal/admit internal/export internal/input internal/render internal/evidence internal/approval internal/reference internal/plan internal/expression internal/overlay internal/diagnose internal/rollout internal/simulate internal/lint internal/feedback/card",
		imports: []string{"sigs.k8s.io/controller-runtime", "k8s.io/client-go/kubernetes", "k8s.io/client-go/rest", "k8s.io/client-go/dynamic", "k8s.io/client-go/discovery", "k8s.io/cli-runtime",
			"github.com/fluxcd/cli-utils/pkg/object", "github.com/fluxcd/pkg/ssa"}, // each of the two brings a client
		reason: "what decides is run and tested without a cluster",
	},
	{
		rooms: "internal/lru internal/transport internal/probe internal/registry internal/forge internal/source internal/forge/azuredevops internal/forge/bitbucket " +
			"internal/forge/codecommit internal/forge/gitea internal/forge/github internal/forge/gitlab",
		imports: []string{"sigs.k8s.io/controller-runtime", "k8s.io/client-go"},
		reason:  "what asks others knows no cluster; internal/credential does, as Secrets are in one, and the identities of its accounts",
	},
	{rooms: "internal/feedback", imports: rooms("apply render plan templater watcher admit export"), reason: "controllers talk through the status of the two kinds"},
	{rooms: "internal/watcher", imports: rooms("apply render plan templater"), reason: "controllers talk through the status of the two kinds"},
	{rooms: "internal/templater", imports: rooms("transport registry forge source credential watcher"), reason: "controllers talk through the status of the two kinds"},
	{rooms: "internal/lint internal/diff internal/trace internal/simulate", imports: rooms("operator templater"), reason: "a tool shows what the operator does with the operator's own core, not with a second operator"},
	{rooms: "internal/cli internal/lint internal/simulate", imports: rooms("watcher"), reason: "a tool asks the rules, not a controller"},
	{rooms: "internal/diff internal/trace internal/control internal/install", imports: rooms("transport registry forge source"), reason: "they ask the cluster, and never a forge"},
}

// allowed are exceptions for tests, each with its reason. One that nobody needs
// fails.
var allowed = []exception{
	{"api/v1", "test/apiserver", "what is shipped is held against what reads it"},
	{"charts", "internal/install internal/operator", "what is shipped is held against what reads it"},
	{"examples", "test/apiserver internal/input internal/render internal/overlay internal/scaffold internal/source", "what is shipped is held against what reads it"},
	{"internal/install", "internal/check internal/cli", "what is installed is looked at as a person looks at it"},
}

type never struct {
	// rooms, separated by spaces, must not import any package that begins so.
	rooms   string
	imports []string
	reason  string
}

type exception struct{ room, imports, reason string }

// allows reports whether the tests of a room may import another.
func (e exception) allows(room, other string) bool {
	return e.room == room && slices.Contains(strings.Fields(e.imports), other)
}

// rooms are the full names of packages under internal.
func rooms(names string) []string {
	var out []string
	for name := range strings.FieldsSeq(names) {
		out = append(out, module+"internal/"+name)
	}
	return out
}

type goPackage struct {
	ImportPath                         string
	GoFiles                            []string
	Imports, TestImports, XTestImports []string
}

// room is the package's place in the house.
func (p goPackage) room() string { return strings.TrimPrefix(p.ImportPath, module) }

// ofTests are the imports of its tests.
func (p goPackage) ofTests() []string { return slices.Concat(p.TestImports, p.XTestImports) }

func TestARoomKnowsOnlyThoseBelowAndToItsLeft(t *testing.T) {
	place := map[string]int{}
	for _, floor := range floors {
		for room := range strings.FieldsSeq(floor.rooms) {
			place[room] = len(place) + 1
		}
	}
	used, found := map[string]bool{}, map[string]bool{}
	for _, pkg := range packages(t) {
		room := pkg.room()
		found[room] = true
		if place[room] == 0 {
			t.Errorf("%s stands on no floor: give it one, and a place in docs/guide.md if a pull request passes through it", room)
			continue
		}
		isHigher := func(other string) bool { return other != room && place[other] > place[room] }
		for other := range ours(pkg.Imports) {
			if isHigher(other) {
				t.Errorf("%s imports %s, which stands on a higher floor or to its right", room, other)
			}
		}
		for other := range ours(pkg.ofTests()) {
			at := slices.IndexFunc(allowed, func(e exception) bool { return e.allows(room, other) })
			switch {
			case !isHigher(other):
			case at < 0:
				t.Errorf("a test of %s imports %s, which stands on a higher floor or to its right", room, other)
			default:
				used[room+" "+other] = true
			}
		}
	}
	for room := range place {
		if !found[room] {
			t.Errorf("%s has a place, and is not there", room)
		}
	}
	for _, exception := range allowed {
		for other := range strings.FieldsSeq(exception.imports) {
			if !used[exception.room+" "+other] {
				t.Errorf("no test of %s needs %s any more", exception.room, other)
			}
		}
	}
}

// ours are the rooms among imports.
func ours(imports []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, path := range imports {
			if room, is := strings.CutPrefix(path, module); is && !yield(room) {
				return
			}
		}
	}
}

func TestNobodyImportsWhatItMustNotKnow(t *testing.T) {
	for _, pkg := range packages(t) {
		for _, never := range nevers {
			if !slices.Contains(strings.Fields(never.rooms), pkg.room()) {
				continue
			}
			for _, path := range pkg.Imports {
				if slices.ContainsFunc(never.imports, func(prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }) {
					t.Errorf("%s imports %s: %s", pkg.room(), path, never.reason)
				}
			}
		}
	}
}

// TestTheCommandLineTalksToTheAPIServerThroughOneFile keeps in one place as whom,
// how fast and with which name that is done; requests.go tells what that file sends.
func TestTheCommandLineTalksToTheAPIServerThroughOneFile(t *testing.T) {
	files, err := filepath.Glob("internal/cli/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no files: %v", err)
	}
	for _, name := range files {
		if name == "internal/cli/cluster.go" || name == "internal/cli/requests.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if path == "k8s.io/client-go/util/jsonpath" { // prints, and talks to nobody
				continue
			}
			if strings.HasPrefix(path, "k8s.io/client-go") || strings.HasPrefix(path, "sigs.k8s.io/controller-runtime/pkg/client") {
				t.Errorf("%s imports %s: let it ask cluster.go", name, path)
			}
		}
	}
}

// packages lists the packages of this module.
func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,GoFiles,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatalf("listing the packages: %v", err)
	}
	var list []goPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var pkg goPackage
		if err := decoder.Decode(&pkg); err != nil {
			t.Fatal(err)
		}
		if pkg.room() != strings.TrimSuffix(module, "/") { // the root has tests alone
			list = append(list, pkg)
		}
	}
	return list
}
