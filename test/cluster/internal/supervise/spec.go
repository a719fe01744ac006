// Package supervise runs the processes of one system and takes them down.
//
// What it promises:
//
//  1. A process counts as started when it says that it is ready, not before;
//     if it ends or stays silent until then, the error holds the end of its log.
//  2. A process that ends later is started again after a short pause, which
//     grows while it keeps ending.
//  3. No process outlives the supervisor: on Stop they end in the reverse of
//     the order in which they started, and if the supervisor is killed, the
//     kernel kills them (Pdeathsig). What that misses, Leftovers finds.
package supervise

import (
	"context"
	"time"
)

// Spec says how to run a process and how to see that it is ready.
type Spec struct {
	// Name is unique in the system; the log is called NAME.log.
	Name string
	// Path and Args are the program, and its arguments without its name.
	Path string
	Args []string
	// Env is added to the supervisor's own environment, Dir is where it runs.
	Env []string
	Dir string
	// Address is where the process listens, for people to read.
	Address string
	// Started is called with the process id once the process runs, to give it
	// what can only be given from outside, such as a network.
	Started func(ctx context.Context, pid int) error
	// Ready returns nil once the process serves. Without it, having started is
	// enough.
	Ready func(ctx context.Context) error
	// Namespaces are the clone flags of namespaces of its own.
	Namespaces uintptr
	// Once leaves the process alone when it ends, because starting it again
	// would not bring back what went with it.
	Once bool
}

// State is what a process is doing.
type State string

// The states that a process goes through.
const (
	Starting State = "starting"
	Ready    State = "ready"
	// Running is ready for a process that has no way to say so.
	Running State = "running"
	// Waiting is the pause before a process that ended is started again.
	Waiting State = "restarting"
	// Ended is final: the process is not started again.
	Ended State = "ended"
)

// Part is a process as others see it.
type Part struct {
	Name     string `json:"name"`
	PID      int    `json:"pid"`
	State    State  `json:"state"`
	Address  string `json:"address,omitempty"`
	Restarts int    `json:"restarts,omitempty"`
	// Note says why the process is not ready.
	Note string `json:"note,omitempty"`
}

// Limits of patience, generous for a machine that is busy with other work.
const (
	readyTimeout  = 2 * time.Minute
	probeTimeout  = 5 * time.Second
	probeInterval = 100 * time.Millisecond
	stopTimeout   = 10 * time.Second
	firstPause    = time.Second
	longestPause  = 15 * time.Second
	// A process that ran this long gets the first pause again.
	steadyAfter = 30 * time.Second
)

// settled is the state of the process once nothing more is waited for.
func (s Spec) settled() State {
	if s.Ready == nil {
		return Running
	}
	return Ready
}

// pauseAfter says how long to wait before starting a process again that ran
// for ran, when the pause before that was last.
func pauseAfter(ran, last time.Duration) time.Duration {
	if last == 0 || ran >= steadyAfter {
		return firstPause
	}
	return min(2*last, longestPause)
}
