package supervise_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
)

func TestProcessThatEndsBeforeItIsReadyTellsItsLastWords(t *testing.T) {
	s, _ := newSupervisor(t)
	spec := shell("broken", "echo the disk is on fire; exit 3")
	spec.Ready = func(context.Context) error { return errors.New("not yet") }
	err := s.Start(t.Context(), spec)
	if err == nil {
		t.Fatal("it counts as started")
	}
	for _, part := range []string{"broken", "exit status 3", "the disk is on fire"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error lacks %q: %v", part, err)
		}
	}
}

func TestProcessIsReadyWhenItSaysSo(t *testing.T) {
	s, seen := newSupervisor(t)
	flag := filepath.Join(t.TempDir(), "ready")
	spec := shell("slow", "sleep 0.2; touch "+flag+"; exec sleep 100")
	spec.Ready = func(context.Context) error {
		_, err := os.Stat(flag)
		return err
	}
	if err := s.Start(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(flag); err != nil {
		t.Error("Start has returned too early")
	}
	if part := seen.last("slow"); part.State != supervise.Ready || !supervise.Alive(part.PID) {
		t.Errorf("others see %+v, want it ready and alive", part)
	}
}

func TestProcessThatEndsIsStartedAgain(t *testing.T) {
	s, seen := newSupervisor(t)
	if err := s.Start(t.Context(), shell("short", "sleep 0.1")); err != nil {
		t.Fatal(err)
	}
	await(t, "a restart", func() bool {
		part := seen.last("short")
		return part.Restarts > 0 && part.State == supervise.Running
	})
}

func TestProcessThatRunsOnceIsLeftAlone(t *testing.T) {
	s, seen := newSupervisor(t)
	spec := shell("once", "sleep 0.1")
	spec.Once = true
	if err := s.Start(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	await(t, "its end", func() bool { return seen.last("once").State == supervise.Ended })
}

func TestStopEndsProcessesAndTheirChildren(t *testing.T) {
	dir := t.TempDir()
	s, err := supervise.New(dir, func([]supervise.Part) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context(), shell("parent", "sleep 100 & sleep 100 & wait")); err != nil {
		t.Fatal(err)
	}
	await(t, "the children", func() bool { return len(leftovers(t, dir)) == 3 })
	s.Stop()
	await(t, "all to be gone", func() bool { return len(leftovers(t, dir)) == 0 })
	if err := s.Start(t.Context(), shell("late", "sleep 100")); err == nil {
		t.Error("a process was started after Stop")
	}
}

func TestLeftoversAreFoundAndKilled(t *testing.T) {
	dir := t.TempDir()
	s, err := supervise.New(dir, func([]supervise.Part) {})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	spec := shell("orphan", "exec sleep 100")
	spec.Once = true
	if err := s.Start(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if err := supervise.KillLeftovers(dir); err != nil {
		t.Fatal(err)
	}
	if pids := leftovers(t, dir); len(pids) > 0 {
		t.Errorf("%v are still there", pids)
	}
}

func shell(name, script string) supervise.Spec {
	return supervise.Spec{Name: name, Path: "/bin/sh", Args: []string{"-c", script}}
}

// record keeps what the supervisor last told.
type record struct {
	mu    sync.Mutex
	parts []supervise.Part
}

func (r *record) last(name string) supervise.Part {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.parts, func(p supervise.Part) bool { return p.Name == name })
	if i < 0 {
		return supervise.Part{}
	}
	return r.parts[i]
}

func newSupervisor(t *testing.T) (*supervise.Supervisor, *record) {
	t.Helper()
	seen := &record{}
	s, err := supervise.New(t.TempDir(), func(parts []supervise.Part) {
		seen.mu.Lock()
		defer seen.mu.Unlock()
		seen.parts = parts
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s, seen
}

func leftovers(t *testing.T, dir string) []int {
	t.Helper()
	pids, err := supervise.Leftovers(dir)
	if err != nil {
		t.Fatal(err)
	}
	return pids
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
