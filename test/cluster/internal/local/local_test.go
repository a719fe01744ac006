package local

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/eddy-previews/eddy/test/cluster/internal/slot"
)

func TestRunIsNameAndCommand(t *testing.T) {
	run, err := ParseRun("eddy=bin/eddy operator --log-level=debug")
	if err != nil {
		t.Fatal(err)
	}
	if run.Name != "eddy" || run.Command != "bin/eddy operator --log-level=debug" {
		t.Errorf("got %+v", run)
	}
}

func TestRunThatCannotBeReadIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no command":              "eddy=",
		"no name":                 "=bin/eddy",
		"no equals sign":          "eddy",
		"a name that is a path":   "../eddy=bin/eddy",
		"a name with upper case":  "Eddy=bin/eddy",
		"nothing but white space": "eddy=  ",
	} {
		if run, err := ParseRun(text); err == nil {
			t.Errorf("%s: %q was read as %+v", name, text, run)
		}
	}
}

// A typo in --dir must not cost anybody a folder.
func TestDownRemovesNoFolderButASystems(t *testing.T) {
	dir := t.TempDir()
	precious := filepath.Join(dir, "precious")
	if err := os.WriteFile(precious, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Down(Folder(dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(precious); err != nil {
		t.Errorf("it is gone: %v", err)
	}
}

func TestDownTwiceIsDownOnce(t *testing.T) {
	folder := newFolder(t, state{Supervisor: -1, Slot: slot.Count - 1})
	for range 2 {
		if err := Down(folder); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(string(folder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestStopKeepsTheFolder(t *testing.T) {
	folder := newFolder(t, state{Supervisor: -1, Slot: slot.Count - 1})
	if err := Stop(folder); err != nil {
		t.Fatal(err)
	}
	if !folder.Exists() {
		t.Error("the system's state is gone")
	}
}

func TestFolderRunsWhileItsLockIsHeld(t *testing.T) {
	folder := newFolder(t, state{})
	check := func(want bool) {
		t.Helper()
		if got, err := folder.Running(); err != nil || got != want {
			t.Errorf("running: %v (%v), want %v", got, err, want)
		}
	}
	check(false)
	lock, held, err := folder.lock()
	if err != nil || held {
		t.Fatalf("held %v: %v", held, err)
	}
	check(true)
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	check(false)
}

func newFolder(t *testing.T, s state) Folder {
	t.Helper()
	folder := Folder(filepath.Join(t.TempDir(), "system"))
	if err := os.Mkdir(string(folder), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := folder.writeState(s); err != nil {
		t.Fatal(err)
	}
	return folder
}
