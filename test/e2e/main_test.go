// Package e2e_test plays the life of previews against real parts: Eddy's binary, Flux,
// an API server and a Gitea, and where the machine can, a node with an ingress.
// Each sentence of the seed that promises something has a test or subtest of
// its name. A test opens pull requests of its own, and closes them.
package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// world is the system that all tests of this package play in.
var world *actors.World

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("these tests need a whole system: run without -short")
		return
	}
	code, err := withSystem(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "the end-to-end test:", err)
		code = 1
	}
	os.Exit(code)
}

// withSystem runs the tests with a system of their own, and takes it down
// whatever happens.
func withSystem(tests func() int) (code int, err error) {
	dir, err := os.MkdirTemp("", "eddy-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	ctx, cancel := context.WithTimeout(context.Background(), 45*time.Minute)
	defer cancel()
	here, err := os.Getwd()
	if err != nil {
		return 1, err
	}
	root, err := actors.FindRoot(here)
	if err != nil {
		return 1, err
	}
	return stage(ctx, actors.FindPrograms(root, nil), filepath.Join(dir, "system"), tests)
}

func stage(ctx context.Context, programs actors.Programs, dir string, tests func() int) (code int, err error) {
	guard, err := programs.Guard(dir)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, guard.Release()) }()
	system, err := programs.Up(ctx, dir)
	if err != nil {
		return 1, err
	}
	if world, err = actors.Open(programs, system); err != nil {
		return 1, err
	}
	if err := world.Prepare(ctx); err != nil {
		return 1, err
	}
	for _, missing := range system.Missing {
		fmt.Println("not here:", missing)
	}
	return tests(), nil
}
