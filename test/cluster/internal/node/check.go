package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// Check says why this machine cannot run a node, a sentence each with what to
// do; nothing where it can. It changes nothing.
func Check(ctx context.Context) []string {
	if os.Geteuid() != 0 {
		return []string{"only root can make the namespaces and control groups of a node; run cluster up as root"}
	}
	var problems []string
	if missing := MissingPackages(); len(missing) > 0 {
		problems = append(problems, fmt.Sprintf("not installed: %s; run cluster packages", strings.Join(missing, ", ")))
	} else if err := tryNamespaces(ctx); err != nil {
		problems = append(problems, fmt.Sprintf("no usable network namespace with nftables (%v); the kernel or the container around this machine does not allow it", err))
	}
	if err := checkCgroups(); err != nil {
		problems = append(problems, err.Error())
	}
	return problems
}

// tryNamespaces runs nft in namespaces like a node's: what can fail there
// fails here, in milliseconds, and leaves nothing behind.
func tryNamespaces(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "nft", "list", "ruleset")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
