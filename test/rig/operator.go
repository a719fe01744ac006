package rig

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/eddy-previews/eddy/test/apiserver"
)

// Operator is a running operator.
type Operator struct {
	cmd   *exec.Cmd
	log   bytes.Buffer
	ended chan struct{}
	err   error
}

// Build builds the program of this checkout into a file.
func Build(ctx context.Context, path string) error {
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/eddy")
	build.Dir = apiserver.Root()
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the operator: %w\n%s", err, out)
	}
	return nil
}

// Flags let Eddy's operator run beside others on one machine.
var Flags = []string{"--enable-leader-election=false", "--metrics-addr=0", "--health-addr=0", "--max-retry-delay=2s", "--requeue-dependency=1s", "--min-interval=0", "--provider-networks=public,private,loopback"}

// Start starts an operator by its command line, behind the proxy.
func (r *Rig) Start(ctx context.Context, command []string) (*Operator, error) {
	return Start(ctx, r.Kubeconfig, command)
}

// Start starts an operator by its command line, on the cluster of a kubeconfig. It
// ends with the process that started it at the latest, and not with the context.
func Start(ctx context.Context, kubeconfig string, command []string) (*Operator, error) {
	operator := &Operator{cmd: exec.CommandContext(context.WithoutCancel(ctx), command[0], command[1:]...), ended: make(chan struct{})}
	operator.cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "RUNTIME_NAMESPACE=default", "NOTIFICATIONS_DISABLED=true")
	operator.cmd.Stdout, operator.cmd.Stderr = &operator.log, &operator.log
	operator.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := operator.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", command[0], err)
	}
	go func() {
		operator.err = operator.cmd.Wait()
		close(operator.ended)
	}()
	return operator, nil
}

// Pause lets the operator do nothing until Resume.
func (o *Operator) Pause() error { return o.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets the operator go on.
func (o *Operator) Resume() error { return o.cmd.Process.Signal(syscall.SIGCONT) }

// Kill ends the operator without a warning.
func (o *Operator) Kill() {
	_ = o.cmd.Process.Kill() // it may have ended already
	<-o.ended
}

// Terminate asks the operator to end, as a kubelet does, and returns how it ended:
// after patience it is killed.
func (o *Operator) Terminate(patience time.Duration) error {
	if err := o.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-o.ended:
		return o.err
	case <-time.After(patience):
		o.Kill()
		return fmt.Errorf("it had not ended after %s", patience)
	}
}

// Alive reports whether the operator is running.
func (o *Operator) Alive() bool {
	select {
	case <-o.ended:
		return false
	default:
		return true
	}
}

// Log returns what the operator has written. It must have ended.
func (o *Operator) Log() string { return o.log.String() }

// CPU returns how long the operator has used a processor.
func (o *Operator) CPU() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", o.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	const user, system, hertz = 11, 12, 100 // as proc(5) counts them from the state on
	if len(fields) <= system {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", o.cmd.Process.Pid, len(fields))
	}
	inUser, err := strconv.ParseInt(fields[user], 10, 64)
	if err != nil {
		return 0, err
	}
	inSystem, err := strconv.ParseInt(fields[system], 10, 64)
	return time.Duration(inUser+inSystem) * (time.Second / hertz), err
}

// Memory returns how much memory the operator holds of its own, in bytes: not the pages
// of its program's file, of which the kernel keeps in memory as many as it likes.
func (o *Operator) Memory() (int64, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", o.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	defer file.Close() //nolint:errcheck // it is only read
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "RssAnon:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("%s has no RssAnon", file.Name())
}

// RestartAPIServer kills the API server, and starts it again after a while.
func (r *Rig) RestartAPIServer(down time.Duration) error {
	pid, command, err := r.findAPIServer()
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("killing the API server: %w", err)
	}
	if r.restarted != nil {
		_, _ = r.restarted.Wait()
	}
	time.Sleep(down)
	again := exec.CommandContext(context.Background(), command[0], command[1:]...)
	again.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := again.Start(); err != nil {
		return fmt.Errorf("starting the API server again: %w", err)
	}
	r.restarted = again.Process
	return nil
}

// findAPIServer looks among the children of this process.
func (r *Rig) findAPIServer() (pid int, command []string, err error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, nil, err
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat))
		if fields[1] != "(kube-apiserver)" || fields[3] != strconv.Itoa(os.Getpid()) || fields[2] == "Z" {
			continue
		}
		line, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if err != nil {
			return 0, nil, err
		}
		pid, err := strconv.Atoi(fields[0])
		return pid, strings.Split(strings.TrimRight(string(line), "\x00"), "\x00"), err
	}
	return 0, nil, fmt.Errorf("no kube-apiserver is running")
}

// RefuseWrites makes etcd refuse every write, as it does when its disk is full,
// until allow is called.
func (r *Rig) RefuseWrites(ctx context.Context) (allow func() error, err error) {
	if err := r.alarm(ctx, "ACTIVATE"); err != nil {
		return nil, err
	}
	return func() error { return r.alarm(ctx, "DEACTIVATE") }, nil
}
