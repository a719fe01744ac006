package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/test/cluster/internal/slot"
)

// nodeDevice is the node's end of the cable.
const nodeDevice = "eth0"

// attach lays a cable from this machine into the network namespace of a
// process, and leads the pods' addresses through it. The cable is gone when
// the namespace is.
//
//	machine                     node
//	eddyN 10.98.N.1 ────────── eth0 10.98.N.2 ── cni0 10.99.N.1 ── pods
func attach(ctx context.Context, network slot.Network, pid int) error {
	return ip(ctx,
		[]string{"link", "add", network.HostDevice, "type", "veth", "peer", "name", nodeDevice, "netns", strconv.Itoa(pid)},
		[]string{"addr", "add", cidr(network.HostIP), "dev", network.HostDevice},
		[]string{"link", "set", network.HostDevice, "up"},
		[]string{"route", "replace", network.PodCIDR, "via", network.NodeIP, "dev", network.HostDevice},
	)
}

// detach removes a cable that has outlived its node, if there is one.
func detach(ctx context.Context, network slot.Network) error {
	if _, err := net.InterfaceByName(network.HostDevice); err != nil {
		return nil //nolint:nilerr // the kernel was faster
	}
	err := ip(ctx, []string{"link", "delete", network.HostDevice})
	if _, gone := net.InterfaceByName(network.HostDevice); gone != nil {
		return nil //nolint:nilerr // it went meanwhile
	}
	return err
}

// setUpNetwork is the node's half: it runs inside its namespace and waits for
// the cable. Services lead into a bridge without ports: the kernel wants a
// route before kube-proxy's rules give a packet its real destination. All else
// is unreachable, at once and not after a time-out: nothing leaves the machine.
func setUpNetwork(ctx context.Context, network slot.Network, serviceCIDR string) error {
	if err := awaitDevice(ctx, nodeDevice); err != nil {
		return err
	}
	if err := ip(ctx,
		[]string{"link", "set", "lo", "up"},
		[]string{"addr", "add", cidr(network.NodeIP), "dev", nodeDevice},
		[]string{"link", "set", nodeDevice, "up"},
		[]string{"link", "add", "void", "type", "bridge"},
		[]string{"link", "set", "void", "up"},
		[]string{"route", "add", serviceCIDR, "dev", "void"},
		[]string{"route", "add", "unreachable", "default"},
	); err != nil {
		return err
	}
	if err := writeExisting("/proc/sys/net/ipv4/ip_forward", "1"); err != nil {
		return fmt.Errorf("letting the node forward: %w", err)
	}
	// Traffic between two pods crosses the bridge alone; without this their
	// answers past a Service would not find back. Some kernels do not have it.
	err := writeExisting("/proc/sys/net/bridge/bridge-nf-call-iptables", "1")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("letting Services reach pods on one bridge: %w", err)
	}
	return nil
}

func awaitDevice(ctx context.Context, name string) error {
	for deadline := time.Now().Add(time.Minute); ; {
		if _, err := net.InterfaceByName(name); err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("no device %s came into the node's network", name)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func cidr(address string) string {
	return address + "/" + strconv.Itoa(slot.PrefixLength)
}

// ip runs commands of the program ip until one fails.
func ip(ctx context.Context, commands ...[]string) error {
	for _, args := range commands {
		out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
		}
	}
	return nil
}
