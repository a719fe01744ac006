package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const cgroupRoot = "/sys/fs/cgroup"

// controllers are the control group controllers that a kubelet cannot do
// without, by their names in version 1.
func controllers() []string { return []string{"cpu", "cpuacct", "cpuset", "memory", "pids"} }

// unified says whether the machine has control groups of version 2 alone.
func unified() bool {
	_, err := os.Stat(filepath.Join(cgroupRoot, "cgroup.controllers"))
	return err == nil
}

// hierarchies are the folders below which a node gets a folder of its own:
// with version 1 one for each controller, with version 2 the root alone.
func hierarchies() ([]string, error) {
	if unified() {
		return []string{cgroupRoot}, nil
	}
	procs, err := filepath.Glob(filepath.Join(cgroupRoot, "*", "cgroup.procs"))
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, file := range procs {
		dir := filepath.Dir(file)
		// cpu and cpuacct are often links to one hierarchy.
		if info, err := os.Lstat(dir); err == nil && info.IsDir() {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

func checkCgroups() error {
	const remedy = "mount them writable at " + cgroupRoot + " (in a container: run it privileged)"
	if unified() {
		return nil
	}
	for _, name := range controllers() {
		if _, err := os.Stat(filepath.Join(cgroupRoot, name, "cgroup.procs")); err != nil {
			return fmt.Errorf("no control group controller %s; %s", name, remedy)
		}
	}
	return nil
}

// makeCgroups makes the node's folder in each hierarchy.
func makeCgroups(name string) error {
	dirs, err := hierarchies()
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		own := filepath.Join(dir, name)
		if err := os.Mkdir(own, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("making the node's control group: %w", err)
		}
		if err := fillCgroup(dir, own); err != nil {
			return fmt.Errorf("setting up the node's control group %s: %w", own, err)
		}
	}
	return nil
}

// fillCgroup gives a new folder what it does not inherit by itself.
func fillCgroup(parent, own string) error {
	if unified() {
		available, err := os.ReadFile(filepath.Join(parent, "cgroup.controllers"))
		if err != nil {
			return err
		}
		enable := "+" + strings.Join(strings.Fields(string(available)), " +")
		return errors.Join(
			writeExisting(filepath.Join(parent, "cgroup.subtree_control"), enable),
			writeExisting(filepath.Join(own, "cgroup.subtree_control"), enable),
		)
	}
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		value, err := os.ReadFile(filepath.Join(parent, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // not the hierarchy of cpuset
		}
		if err != nil {
			return err
		}
		if err := writeExisting(filepath.Join(own, name), string(value)); err != nil {
			return err
		}
	}
	return nil
}

// writeExisting writes to a file of the kernel's, which is never created.
func writeExisting(path, value string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(value)
	return errors.Join(err, file.Close())
}

// removeCgroups removes the node's folders and all below, which is possible
// once the processes in them are gone; those that the kernel is still ending
// get a moment.
func removeCgroups(name string) error {
	dirs, err := hierarchies()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(10 * time.Second)
	for _, dir := range dirs {
		own := filepath.Join(dir, name)
		for err = removeTree(own); err != nil && time.Now().Before(deadline); err = removeTree(own) {
			time.Sleep(50 * time.Millisecond)
		}
		if err != nil {
			return fmt.Errorf("removing the node's control group: %w", err)
		}
	}
	return nil
}

// removeTree removes a control group from its leaves up. Its files are the
// kernel's and go with their folder.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeTree(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return os.Remove(dir)
}
