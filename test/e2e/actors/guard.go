package actors

import (
	"fmt"
	"io"
	"os/exec"
)

// Guard ends the system of a program that may not come to ending it itself.
type Guard struct {
	cmd *exec.Cmd
	// leash is held open by this process, and by nobody else.
	leash io.Closer
}

// Guard takes the system in dir down when Release is called, and just as well
// when this process dies: by a panic, a time-out of go test, or Ctrl-C.
func (p Programs) Guard(dir string) (*Guard, error) {
	// read returns when the other end of its input is closed, by whom ever.
	const script = `trap "" HUP INT TERM; read -r _; exec "$@"`
	args := append([]string{"-c", script, "guard"}, p.Cluster...)
	cmd := exec.Command("sh", append(args, "down", "--dir", dir)...) //nolint:noctx // it must outlive every context
	cmd.Dir = p.Root
	leash, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting the guard of %s: %w", dir, err)
	}
	return &Guard{cmd: cmd, leash: leash}, nil
}

// Release takes the system down and returns once it is.
func (g *Guard) Release() error {
	if err := g.leash.Close(); err != nil {
		return fmt.Errorf("taking the system down: %w", err)
	}
	if err := g.cmd.Wait(); err != nil {
		return fmt.Errorf("taking the system down: %w", err)
	}
	return nil
}
