package toolchain

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestKeyTellsBuildsApart(t *testing.T) {
	base := Group{Name: "g", Tags: []string{"a"}}
	files := []string{"go.mod", "mod", "go.sum", "sum"}
	reference := key(files, base)
	if again := key(files, base); again != reference {
		t.Errorf("the same build has two keys, %s and %s", reference, again)
	}
	for name, other := range map[string]string{
		"another version":          key([]string{"go.mod", "mod2", "go.sum", "sum"}, base),
		"another checksum":         key([]string{"go.mod", "mod", "go.sum", "sum2"}, base),
		"a byte moved across":      key([]string{"go.mod", "mods", "go.sum", "um"}, base),
		"a program of its own":     key([]string{"main.go", "main", "go.mod", "mod", "go.sum", "sum"}, base),
		"other tags":               key(files, Group{Name: "g", Tags: []string{"b"}}),
		"other linker flags":       key(files, Group{Name: "g", Tags: []string{"a"}, LDFlags: "-X a=b"}),
		"with cgo and not without": key(files, Group{Name: "g", Tags: []string{"a"}, Cgo: true}),
	} {
		if other == reference {
			t.Errorf("%s has the same key", name)
		}
	}
}

func TestSelectionsNameToolsThatThereAre(t *testing.T) {
	for selection := range selections() {
		for group, names := range selections()[selection] {
			i := slices.IndexFunc(Groups(), func(g Group) bool { return g.Name == group })
			if i < 0 {
				t.Errorf("%s names the group %s, which there is not", selection, group)
				continue
			}
			for _, name := range names {
				if !slices.ContainsFunc(Groups()[i].Tools, func(tool Tool) bool { return tool.Name == name }) {
					t.Errorf("%s names the tool %s/%s, which there is not", selection, group, name)
				}
			}
		}
	}
}

func TestUnknownSelectionIsRefusedByName(t *testing.T) {
	_, _, err := toolsOf(Groups()[0], []Selection{"everything"})
	if err == nil || !strings.Contains(err.Error(), "everything") {
		t.Errorf("got %v, want an error that names it", err)
	}
}

func TestAssetsDoNotCompileFlux(t *testing.T) {
	for _, group := range Groups() {
		tools, ok, err := toolsOf(group, []Selection{Assets})
		if err != nil {
			t.Fatal(err)
		}
		if group.Name == "flux" && (!ok || len(tools) > 0) {
			t.Errorf("%s: wanted %v, its tools %v; want its CRDs alone", group.Name, ok, tools)
		}
	}
}

// The version is stamped into the programs, and nothing else would notice.
func TestKubernetesVersionIsTheOneInGoMod(t *testing.T) {
	root, err := SourceRoot()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(root, "tools", "kubernetes", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(raw), "\tk8s.io/kubernetes "+kubernetesVersion+"\n") {
		t.Errorf("kubernetesVersion is %s, and tools/kubernetes/go.mod says otherwise", kubernetesVersion)
	}
	if flags := kubernetesVersionFlags("v1.36.3"); !strings.Contains(flags, "version.gitMajor=1 ") || !strings.Contains(flags, "version.gitMinor=36") {
		t.Errorf("the flags %q lack major or minor", flags)
	}
}

func TestEveryGroupHasItsModule(t *testing.T) {
	root, err := SourceRoot()
	if err != nil {
		t.Fatal(err)
	}
	builder := &Builder{Source: root, Cache: t.TempDir()}
	for _, group := range Groups() {
		if _, err := builder.Dir(group.Name); err != nil {
			t.Error(err)
		}
	}
}

func TestSecondBuildWaitsForTheFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(path, func() { t.Error("the first one waits") })
	if err != nil {
		t.Fatal(err)
	}
	waiting, got := make(chan struct{}), make(chan error, 1)
	go func() {
		unlockSecond, err := lock(path, func() { close(waiting) })
		if err == nil {
			unlockSecond()
		}
		got <- err
	}()
	<-waiting
	select {
	case err := <-got:
		t.Fatalf("the second one did not wait (%v)", err)
	case <-time.After(20 * time.Millisecond):
	}
	unlock()
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestFilesOfTheModuleCacheCanBeRemovedOnceCopied(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	if err := os.MkdirAll(filepath.Join(from, "a"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(from, "a", "b"), []byte("text"), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := copyFolder(from, to); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(to, "a", "b"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o200 == 0 {
		t.Errorf("the copy has mode %o, read-only", info.Mode().Perm())
	}
}
