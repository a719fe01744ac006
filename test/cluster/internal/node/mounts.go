package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ownFolders are those of the node's folders that it sees in the places where
// a machine has them.
func (c Config) ownFolders() []string {
	var folders []string
	for _, name := range []string{"kubelet", "containerd", "cni", "pod-logs", "sysctl"} {
		folders = append(folders, c.path(name))
	}
	return folders
}

// setUpMounts gives the node a view of the machine's files in which it is a
// machine of its own. It runs in the node's mount namespace, and none of it is
// seen outside.
func (c Config) setUpMounts() error {
	// First cut the tie to the machine, then be a peer group of our own, which
	// volumes with mount propagation need.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("separating the node's mounts: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("sharing the node's mounts with its pods: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting the node's /proc: %w", err)
	}
	for _, dir := range []string{"/run/containerd", "/run/netns", "/var/log/containers"} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return err
		}
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=0755"); err != nil {
			return fmt.Errorf("mounting the node's %s: %w", dir, err)
		}
	}
	for from, to := range map[string]string{
		"kubelet":    "/var/lib/kubelet",
		"containerd": "/var/lib/containerd",
		"cni":        "/var/lib/cni",
		"pod-logs":   "/var/log/pods",
	} {
		if err := os.MkdirAll(to, 0o750); err != nil {
			return err
		}
		if err := bind(c.path(from), to); err != nil {
			return err
		}
	}
	return c.shieldSysctls()
}

// shieldSysctls puts plain files over the settings of the kernel that a
// kubelet changes, which are the whole machine's and not the node's.
func (c Config) shieldSysctls() error {
	for _, name := range []string{
		"vm/overcommit_memory", "vm/panic_on_oom",
		"kernel/panic", "kernel/panic_on_oops",
		"kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes",
	} {
		path := filepath.Join("/proc/sys", name)
		value, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		cover := c.path("sysctl", filepath.Base(name))
		if err := os.WriteFile(cover, value, 0o600); err != nil {
			return err
		}
		if err := bind(cover, path); err != nil {
			return err
		}
	}
	return nil
}

func bind(from, to string) error {
	if err := unix.Mount(from, to, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("showing %s to the node as %s: %w", from, to, err)
	}
	return nil
}
