package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// pluginDir is where Debian puts the CNI plugins.
const pluginDir = "/usr/lib/cni"

// programs are what a node needs beside the pinned tools, and the Debian
// package that each comes in.
func programs() []struct{ path, pkg string } {
	return []struct{ path, pkg string }{
		{"containerd", "containerd"},
		{"containerd-shim-runc-v2", "containerd"},
		{"ctr", "containerd"},
		{"runc", "runc"},
		{filepath.Join(pluginDir, "bridge"), "containernetworking-plugins"},
		{filepath.Join(pluginDir, "host-local"), "containernetworking-plugins"},
		{filepath.Join(pluginDir, "loopback"), "containernetworking-plugins"},
		{filepath.Join(pluginDir, "portmap"), "containernetworking-plugins"},
		{"iptables", "iptables"}, // for portmap
		{"nft", "nftables"},      // for kube-proxy
		{"conntrack", "conntrack"},
		{"ip", "iproute2"},
	}
}

// MissingPackages are the Debian packages that a node needs and that are not
// there.
func MissingPackages() []string {
	var missing []string
	for _, program := range programs() {
		if _, err := exec.LookPath(program.path); err != nil && !slices.Contains(missing, program.pkg) {
			missing = append(missing, program.pkg)
		}
	}
	return missing
}

// InstallPackages installs Debian packages, without their services: the local
// system runs a containerd of its own, and this machine needs no other.
func InstallPackages(ctx context.Context, packages []string, progress io.Writer) (err error) {
	if os.Geteuid() != 0 {
		return fmt.Errorf("installing %v: only root can; run this again as root", packages)
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return fmt.Errorf("installing %v: this machine has no apt-get; install what they hold in your system's own way", packages)
	}
	allow, err := forbidServices()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, allow()) }()
	install := append([]string{"install", "-y", "--no-install-recommends"}, packages...)
	// The lists of packages may be current already; updating them takes long.
	if aptGet(ctx, progress, install...) == nil {
		return nil
	}
	if err := aptGet(ctx, progress, "update"); err != nil {
		return err
	}
	return aptGet(ctx, progress, install...)
}

func aptGet(ctx context.Context, progress io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = progress, progress
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("apt-get %s: %w", args[0], err)
	}
	return nil
}

// policyFile is asked by Debian's packages whether they may start a service.
const policyFile = "/usr/sbin/policy-rc.d"

// forbidServices keeps packages from starting their services, unless the
// machine has a policy of its own. allow takes that back.
func forbidServices() (allow func() error, err error) {
	if _, err := os.Stat(policyFile); err == nil {
		return func() error { return nil }, nil
	}
	const forbidden = "#!/bin/sh\n# Written by Eddy's cluster packages while it installs.\nexit 101\n"
	if err := os.WriteFile(policyFile, []byte(forbidden), 0o755); err != nil { //nolint:gosec // a program, which others run
		return nil, fmt.Errorf("keeping the packages from starting services: %w", err)
	}
	return func() error { return os.Remove(policyFile) }, nil
}
