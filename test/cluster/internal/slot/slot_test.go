package slot_test

import (
	"net"
	"strconv"
	"testing"

	"github.com/eddy-previews/eddy/test/cluster/internal/slot"
)

func TestTwoSystemsGetTwoSlots(t *testing.T) {
	dir := t.TempDir()
	first := take(t, dir, -1)
	second := take(t, dir, first.Number)
	if first.Number == second.Number {
		t.Fatalf("both got slot %d", first.Number)
	}
}

func TestSystemComesBackToItsSlot(t *testing.T) {
	dir := t.TempDir()
	take(t, dir, 7).Free()
	if got := take(t, dir, 7).Number; got != 7 {
		t.Errorf("got slot %d, want the one of the last time, 7", got)
	}
}

func TestSlotsThatDoNotExistAreNotTaken(t *testing.T) {
	for _, number := range []int{-1, slot.Count} {
		if _, err := slot.TakeOnly(t.TempDir(), number); err == nil {
			t.Errorf("slot %d was taken", number)
		}
	}
}

func TestPortsAreFreeAndDistinct(t *testing.T) {
	s := take(t, t.TempDir(), slot.Count-1)
	before, err := s.Ports(1)
	if err != nil {
		t.Fatal(err)
	}
	busy, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(before[0])))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }() // it goes with the test
	ports, err := s.Ports(12)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{before[0]: true}
	for _, port := range ports {
		if seen[port] {
			t.Errorf("port %d is busy or given twice: %v", port, ports)
		}
		seen[port] = true
	}
}

func TestSlotsShareNeitherPortsNorNetworks(t *testing.T) {
	seen := map[string]int{}
	for number := range slot.Count {
		n := slot.NetworkOf(number)
		for _, name := range []string{n.HostIP, n.NodeIP, n.PodCIDR, "device " + n.HostDevice, "cgroup " + n.Cgroup} {
			if other, taken := seen[name]; taken {
				t.Errorf("slots %d and %d share %s", other, number, name)
			}
			seen[name] = number
		}
		// The kernel takes device names of up to 15 bytes.
		if len(n.HostDevice) > 15 {
			t.Errorf("the device name %s is too long", n.HostDevice)
		}
	}
}

func take(t *testing.T, dir string, preferred int) *slot.Slot {
	t.Helper()
	s, err := slot.Take(dir, preferred)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Free)
	return s
}
