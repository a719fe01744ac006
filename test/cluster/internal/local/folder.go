// Package local is the life of a local system: up, down, status.
//
// A system is one folder and one supervisor. The supervisor holds the folder's
// lock for as long as it lives, so whether a system runs is a question to the
// kernel and not to a file that may be stale:
//
//	DIR/lock          held by the supervisor
//	DIR/state.json    its process id and its slot
//	DIR/parts.json    the processes, for status
//	DIR/system.json   what other programs need to know; there once all is ready
//	DIR/kubeconfig    for the administrator
//	DIR/kubectl       a link to the kubectl of the cluster's version
//	DIR/logs/         a log for each process
//	DIR/pki, control-plane, flux, gitea, node/
package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
	"github.com/eddy-previews/eddy/test/cluster/internal/toolchain"
	"github.com/eddy-previews/eddy/test/cluster/system"
)

// Folder is the folder of one system.
type Folder string

// OpenFolder makes a path absolute, as the processes of a system, which run
// elsewhere, need it.
func OpenFolder(dir string) (Folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("finding the system's folder: %w", err)
	}
	return Folder(abs), nil
}

// DefaultFolder is the folder of the system that no --dir names.
func DefaultFolder() (Folder, error) {
	cache, err := toolchain.CacheRoot()
	if err != nil {
		return "", err
	}
	return Folder(filepath.Join(cache, "system")), nil
}

// state is what down needs to know of a supervisor, also of a dead one.
type state struct {
	Supervisor int `json:"supervisor"`
	Slot       int `json:"slot"`
}

// errNoSystem says that a folder has never been a system's, or no longer is.
var errNoSystem = errors.New("there is no local system")

// Exists says whether the folder is a system's, running or not.
func (f Folder) Exists() bool {
	_, err := f.readState()
	return !errors.Is(err, errNoSystem)
}

func (f Folder) path(name string) string { return filepath.Join(string(f), name) }

func (f Folder) readState() (state, error) {
	var s state
	raw, err := os.ReadFile(f.path("state.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return s, fmt.Errorf("%w in %s", errNoSystem, f)
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("reading %s: %w", f.path("state.json"), err)
	}
	return s, nil
}

func (f Folder) writeState(s state) error { return f.writeJSON("state.json", s) }

// writeJSON replaces a file in one step, so that no reader sees half of it.
func (f Folder) writeJSON(name string, value any) error {
	raw, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	path := f.path(name)
	if err := os.WriteFile(path+".tmp", append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return os.Rename(path+".tmp", path)
}

// link puts a link to a program into the folder, under the program's name.
func (f Folder) link(program string) error {
	path := f.path(filepath.Base(program))
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(program, path)
}

// Parts are the processes that the supervisor last told of.
func (f Folder) Parts() ([]supervise.Part, error) {
	var parts []supervise.Part
	raw, err := os.ReadFile(f.path("parts.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return parts, json.Unmarshal(raw, &parts)
}

// forgetRun removes what is true only while a supervisor runs.
func (f Folder) forgetRun() error {
	for _, name := range []string{system.File, "parts.json"} {
		if err := os.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// lock takes the folder's lock without waiting. held is true where a
// supervisor has it.
func (f Folder) lock() (file *os.File, held bool, err error) {
	file, err = os.OpenFile(f.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, false, fmt.Errorf("locking the system's folder: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return file, false, nil
	}
	closeErr := file.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, true, closeErr
	}
	return nil, false, fmt.Errorf("locking the system's folder: %w", err)
}

// own takes the folder's lock for a supervisor. Whoever asks whether a system
// runs holds it for an instant too, so one refusal is not yet an answer.
func (f Folder) own() (*os.File, error) {
	for range 10 {
		file, held, err := f.lock()
		if err != nil || !held {
			return file, err
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, f.errRunning()
}

func (f Folder) errRunning() error {
	return fmt.Errorf("a local system runs in %s already: end it with cluster down --dir %s, or start another with --dir", f, f)
}

// Running says whether a supervisor holds the folder.
func (f Folder) Running() (bool, error) {
	if _, err := os.Stat(f.path("lock")); err != nil {
		return false, nil //nolint:nilerr // nobody has ever held it
	}
	file, held, err := f.lock()
	if err != nil || held {
		return held, err
	}
	return false, file.Close()
}

// awaitFree waits until no supervisor holds the folder, and says whether that
// came to pass in time.
func (f Folder) awaitFree(timeout time.Duration) (bool, error) {
	for deadline := time.Now().Add(timeout); ; time.Sleep(50 * time.Millisecond) {
		running, err := f.Running()
		if err != nil || !running {
			return !running, err
		}
		if time.Now().After(deadline) {
			return false, nil
		}
	}
}
