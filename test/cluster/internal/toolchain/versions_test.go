package toolchain

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// What two programs share is compiled once only in one version, and so is what is
// built on it: of Kubernetes' libraries nothing is shared where two modules have two
// versions of a logger. Together that is a quarter of all there is to compile.
func TestProgramsShareTheVersionsOfWhatTheyShare(t *testing.T) {
	type use struct{ version, module string }
	uses := map[string][]use{}
	for name, dir := range moduleFolders(t) {
		raw, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		file, err := modfile.Parse(name, raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		built := built(t, dir)
		for _, require := range file.Require {
			version := require.Mod.Version
			for _, replace := range file.Replace {
				if replace.Old.Path == require.Mod.Path && replace.New.Path == require.Mod.Path {
					version = replace.New.Version
				}
			}
			if slices.Contains(built, require.Mod.Path+"@"+version) {
				uses[require.Mod.Path] = append(uses[require.Mod.Path], use{version, name})
			}
		}
	}
	for path, all := range uses {
		newest := slices.MaxFunc(all, func(a, b use) int { return semver.Compare(a.version, b.version) })
		for _, each := range all {
			if each.version != newest.version && !ahead(path) {
				t.Errorf("%s has %s %s, and %s has %s: run go mod edit -require=%s@%s in the first, or say here why not",
					each.module, path, each.version, newest.module, newest.version, path, newest.version)
			}
		}
	}
}

// moduleFolders are the modules that the local system is built of.
func moduleFolders(t *testing.T) map[string]string {
	t.Helper()
	source, err := SourceRoot()
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]string{"test/cluster": source, "eddy": filepath.Join(source, "..", "..")}
	for _, group := range Groups() {
		folders[group.Name] = filepath.Join(source, "tools", group.Name)
	}
	return folders
}

// ahead says what Eddy has newer than Flux's controllers and Gitea, which are built of
// what they were released with. Little is built on it.
func ahead(path string) bool {
	return strings.HasPrefix(path, "github.com/fluxcd/pkg/") || path == "go.yaml.in/yaml/v4"
}

func built(t *testing.T, dir string) []string {
	t.Helper()
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	return modulesIn(sums)
}

// The Makefile builds Eddy's own programs, which share much with the tools.
func TestTheMakefileBuildsWithTheSameFlags(t *testing.T) {
	source, err := SourceRoot()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(source, "..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "$(GOFLAGS) " + strings.Join(CommonFlags(), " ") + "\n"; !strings.Contains(string(raw), want) {
		t.Errorf("the Makefile does not set GOFLAGS to %s", want)
	}
}

func TestWhatIsFetchedIsWhatIsBuilt(t *testing.T) {
	got := modulesIn([]byte("a.example/b v1.0.0 h1:x=\na.example/b v1.0.0/go.mod h1:y=\na.example/c v2.0.0/go.mod h1:z=\n"))
	if want := []string{"a.example/b@v1.0.0"}; !slices.Equal(got, want) {
		t.Errorf("fetched are %v, want %v", got, want)
	}
}
