package system_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/test/cluster/system"
)

func TestWhatIsSavedIsLoaded(t *testing.T) {
	dir := t.TempDir()
	saved := &system.Info{
		Dir: dir, Kubeconfig: "k", APIServer: "https://127.0.0.1:1", Logs: "l",
		Gitea:   system.Gitea{URL: "http://127.0.0.1:2", Username: "eddy", Password: "p", Token: "t"},
		Ingress: &system.Ingress{URL: "http://127.0.0.1:3"},
		Missing: []string{"node: no"},
	}
	if err := saved.Save(); err != nil {
		t.Fatal(err)
	}
	loaded, err := system.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(saved, loaded) {
		t.Errorf("saved %+v, loaded %+v", saved, loaded)
	}
}

// Other programs read the file, in whatever language.
func TestFileKeepsItsShape(t *testing.T) {
	dir := t.TempDir()
	if err := (&system.Info{Dir: dir}).Save(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, system.File)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"apiServer": ""`, `"ingress": null`, `"node": null`, `"missing": []`, `"token": ""`} {
		if !strings.Contains(string(raw), part) {
			t.Errorf("the file lacks %s:\n%s", part, raw)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %o, and it holds a password", info.Mode().Perm())
	}
}

func TestNoSystemIsNotExist(t *testing.T) {
	_, err := system.Load(t.TempDir())
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	if err != nil && !strings.Contains(err.Error(), "cluster up") {
		t.Errorf("the error does not say what to do: %v", err)
	}
}
