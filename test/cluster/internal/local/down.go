package local

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/eddy-previews/eddy/test/cluster/internal/node"
	"github.com/eddy-previews/eddy/test/cluster/internal/slot"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
)

// stopTimeout is how long a supervisor may take to end all processes.
const stopTimeout = time.Minute

// Down ends the system in a folder, also one whose supervisor was killed, and
// removes the folder. Where there is no system it does nothing.
func Down(f Folder) error {
	if err := Stop(f); err != nil {
		return err
	}
	// Only a folder with a system's state is removed: --dir could be a typo.
	if _, err := f.readState(); errors.Is(err, errNoSystem) {
		return nil
	}
	if err := os.RemoveAll(string(f)); err != nil {
		return fmt.Errorf("removing the system's folder: %w", err)
	}
	return nil
}

// Stop is Down, but keeps the folder, so that Up continues where it was.
func Stop(f Folder) error {
	last, err := f.readState()
	if errors.Is(err, errNoSystem) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := endSupervisor(f, last.Supervisor); err != nil {
		return err
	}
	if err := sweep(f, last); err != nil {
		return err
	}
	return f.forgetRun()
}

// endSupervisor asks the supervisor to end, and makes it. Its process id is
// good for as long as the folder is locked, and no longer.
func endSupervisor(f Folder, pid int) error {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		running, err := f.Running()
		if err != nil || !running {
			return err
		}
		if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("ending the supervisor, process %d: %w", pid, err)
		}
		free, err := f.awaitFree(stopTimeout)
		if err != nil || free {
			return err
		}
	}
	return fmt.Errorf("the supervisor, process %d, cannot be ended", pid)
}

// sweep removes what a supervisor that was killed has left behind.
func sweep(f Folder, last state) error {
	if err := supervise.KillLeftovers(string(f)); err != nil {
		return err
	}
	taken, err := slot.TakeOnly(slot.Dir(), last.Slot)
	if err != nil {
		return nil // another system has the slot now, and has swept it
	}
	defer taken.Free()
	return node.Remove(slot.NetworkOf(last.Slot))
}
