package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is one process that is started, and started again.
type process struct {
	spec   Spec
	marker string
	log    string
	part   Part // guarded by the supervisor's lock

	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
	err    error         // why it ended; to be read after exited
}

// spawn starts the process. Only startThread calls it.
func (p *process) spawn() error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening its log: %w", err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	// No context ends a process: Stop does, in its order.
	cmd := exec.CommandContext(context.Background(), p.spec.Path, p.spec.Args...)
	cmd.Dir = p.spec.Dir
	cmd.Env = append(append(os.Environ(), p.marker), p.spec.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:    true, // Ctrl-C on the terminal is for the supervisor alone
		Pdeathsig:  syscall.SIGKILL,
		Cloneflags: p.spec.Namespaces,
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	p.cmd, p.exited = cmd, exited
	go func() {
		p.err = cmd.Wait()
		close(exited)
	}()
	return nil
}

func (p *process) pid() int {
	if p.cmd == nil || p.cmd.Process == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// exitReason says how the process ended. It must have ended.
func (p *process) exitReason() string {
	if p.err == nil {
		return "it ended by itself"
	}
	return "it ended by itself: " + p.err.Error()
}

// awaitReady waits until the process serves, ends, or takes too long.
func (p *process) awaitReady(ctx context.Context) error {
	if p.spec.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyTimeout, fmt.Errorf("not within %s", readyTimeout))
	defer cancel()
	var last error
	for {
		probe, stop := context.WithTimeout(ctx, probeTimeout)
		err := p.spec.Ready(probe)
		stop()
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil {
			last = err // not the error that only says that time is up
		}
		select {
		case <-p.exited:
			return errors.New(p.exitReason())
		case <-ctx.Done():
			return fmt.Errorf("%w (last answer: %w)", context.Cause(ctx), last)
		case <-time.After(probeInterval):
		}
	}
}
