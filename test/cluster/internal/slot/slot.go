// Package slot keeps the systems on one machine apart. A system holds one
// numbered slot for as long as its supervisor lives, and everything that two
// systems could fight over is a function of that number: ports, addresses of
// pods, the names of network devices and of control groups.
//
// The slot is a lock on a file, which the kernel frees when its holder ends,
// however that happens.
package slot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	// Count is how many systems can run on one machine at the same time.
	Count = 64
	// firstPort and portsEach lay the slots' ports below the range from which
	// the kernel picks ports for outgoing connections (32768 and up).
	firstPort = 21000
	portsEach = 64
)

// Dir is where the slots' files are, the same for everyone on the machine.
func Dir() string { return "/tmp/eddy-cluster-slots" }

// Slot is a number that no other running system has.
type Slot struct {
	Number int
	file   *os.File
}

// Take takes the preferred slot if it is free, so that a system comes back
// with the addresses it had, else the first free one.
func Take(dir string, preferred int) (*Slot, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("making the folder of the slots: %w", err)
	}
	// All users share the slots. This fails where another user made the folder,
	// and then has done this already.
	_ = os.Chmod(dir, 0o777|os.ModeSticky)
	for i := range Count + 1 {
		number := i - 1
		if i == 0 {
			number = preferred
		}
		if slot, err := TakeOnly(dir, number); err == nil {
			return slot, nil
		}
	}
	return nil, fmt.Errorf("all %d slots for local systems on this machine are taken: end one with cluster down", Count)
}

// TakeOnly takes one slot, or fails.
func TakeOnly(dir string, number int) (*Slot, error) {
	if number < 0 || number >= Count {
		return nil, fmt.Errorf("there is no slot %d", number)
	}
	file, err := tryLock(filepath.Join(dir, strconv.Itoa(number)))
	if err != nil {
		return nil, fmt.Errorf("taking slot %d: %w", number, err)
	}
	return &Slot{Number: number, file: file}, nil
}

func tryLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Free gives the slot back.
func (s *Slot) Free() {
	// Closing frees the lock; nothing was written that could be lost.
	_ = s.file.Close()
}

// Ports picks n free ports of 127.0.0.1 out of the slot's own range: the same
// ones each time, unless another program sits on one.
func (s *Slot) Ports(n int) ([]int, error) {
	base := firstPort + s.Number*portsEach
	var ports []int
	for port := base; port < base+portsEach && len(ports) < n; port++ {
		if free(port) {
			ports = append(ports, port)
		}
	}
	if len(ports) < n {
		return nil, fmt.Errorf("only %d of the %d ports needed are free between %d and %d", len(ports), n, base, base+portsEach-1)
	}
	return ports, nil
}

func free(port int) bool {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

// Network is the part of a slot that only a system with a node uses.
type Network struct {
	// HostIP and NodeIP are the two ends of the cable between the machine and
	// the node, in a network of four addresses.
	HostIP, NodeIP string
	// PodCIDR holds the pods' addresses.
	PodCIDR string
	// HostDevice is the machine's end of the cable.
	HostDevice string
	// Cgroup is the folder in each control group hierarchy.
	Cgroup string
}

// PrefixLength is the prefix length of the network between machine and node.
const PrefixLength = 30

// NetworkOf says which addresses and names the node of a slot has.
func NetworkOf(number int) Network {
	return Network{
		HostIP:     fmt.Sprintf("10.98.%d.1", number),
		NodeIP:     fmt.Sprintf("10.98.%d.2", number),
		PodCIDR:    fmt.Sprintf("10.99.%d.0/24", number),
		HostDevice: fmt.Sprintf("eddy%d", number),
		Cgroup:     fmt.Sprintf("eddy%d", number),
	}
}
