package cli

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"

	"github.com/eddy-previews/eddy/internal/terminal"
)

// ExitError ends a command with an exit code of its own.
type ExitError struct {
	Code int
	// Err is printed; nil where there is nothing to say.
	Err error
}

// Error returns the message of the cause.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *ExitError) Unwrap() error { return e.Err }

// Execute runs the command line, tells what went wrong on standard error, and
// returns the exit code.
func Execute(ctx context.Context, streams Streams, args []string) int {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	command := New(streams) //nolint:contextcheck // a command takes its context when it is run
	command.SetArgs(args)
	ran, err := command.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	code := 1
	var exit *ExitError
	if errors.As(err, &exit) {
		code = exit.Code
		err = exit.Err
	}
	if err != nil {
		_, _ = fmt.Fprintln(streams.Err, "Error:", terminal.Visible(hints{ran.Flags()}.runnable(explain(err).Error()))) // nobody is there to be told
	}
	return code
}
