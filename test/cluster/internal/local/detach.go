package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
	"github.com/eddy-previews/eddy/test/cluster/system"
)

// Detach runs this program again with args as the system's supervisor, in a
// session of its own, shows what it says until the system is ready, and leaves
// it running. The supervisor is ended if it fails, or if the context ends.
func Detach(ctx context.Context, f Folder, args []string, out io.Writer) (*system.Info, error) {
	if running, err := f.Running(); err != nil || running {
		return nil, errors.Join(err, f.errRunning())
	}
	if err := os.MkdirAll(f.path("logs"), 0o750); err != nil {
		return nil, fmt.Errorf("making the folder of the logs: %w", err)
	}
	if err := f.forgetRun(); err != nil {
		return nil, err
	}
	log, err := os.Create(f.path("logs/supervisor.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the supervisor has its own
	// Not os.Executable: go run removes the program's file when it returns.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), supervise.Marker+"="+string(f))
	cmd.Stderr = log // its standard output is the summary, which the caller prints
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the supervisor: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return f.follow(ctx, cmd.Process, ended, out)
}

// follow copies the supervisor's log to out until the system is ready.
func (f Folder) follow(ctx context.Context, supervisor *os.Process, ended <-chan error, out io.Writer) (*system.Info, error) {
	log, err := os.Open(f.path("logs/supervisor.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // only read
	for {
		info, loadErr := system.Load(string(f))
		// The file is read after the question, so that nothing is missed.
		if _, err := io.Copy(out, log); err != nil {
			return nil, err
		}
		if loadErr == nil {
			return info, nil
		}
		select {
		case <-ctx.Done():
			// It ends all that it has started. One that has ended meanwhile
			// cannot be signalled, and need not be.
			_ = supervisor.Signal(syscall.SIGTERM)
			return nil, errors.Join(fmt.Errorf("given up before the system was ready: %w", context.Cause(ctx)), <-ended)
		case err := <-ended:
			if _, copyErr := io.Copy(out, log); copyErr != nil {
				return nil, copyErr
			}
			return nil, errors.Join(fmt.Errorf("the system did not come up: see above, and the logs in %s", f.path("logs")), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
