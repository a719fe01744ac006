package supervise

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Leftovers are the processes of the system in dir that still run, known by
// the variable in their environment; never the process that asks.
func Leftovers(dir string) ([]int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil, err
	}
	entry := []byte(Marker + "=" + dir)
	var pids []int
	for _, file := range files {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil || pid == os.Getpid() {
			continue
		}
		environ, err := os.ReadFile(file)
		if err != nil {
			continue // ended meanwhile, or another user's
		}
		for _, variable := range bytes.Split(environ, []byte{0}) {
			if bytes.Equal(variable, entry) {
				pids = append(pids, pid)
				break
			}
		}
	}
	return pids, nil
}

// KillLeftovers kills what Leftovers finds until it finds nothing twice in a row: a
// process that is about to become another program shows no environment for an instant.
func KillLeftovers(dir string) error {
	deadline := time.Now().Add(stopTimeout)
	for seen := true; ; {
		pids, err := Leftovers(dir)
		if err != nil || len(pids) == 0 && !seen {
			return err
		}
		seen = len(pids) > 0
		if seen && time.Now().After(deadline) {
			return fmt.Errorf("processes %v of the system in %s cannot be killed", pids, dir)
		}
		for _, pid := range pids {
			// One that has ended since is as good as killed.
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Alive says whether a process runs: it is there, and not a zombie that only
// waits to be reaped.
func Alive(pid int) bool {
	if pid <= 0 {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	// The state follows the name, which is in brackets and can hold any byte.
	i := bytes.LastIndexByte(stat, ')')
	return i >= 0 && i+2 < len(stat) && stat[i+2] != 'Z' && stat[i+2] != 'X'
}
