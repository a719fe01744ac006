// Package cli is the command line of Eddy: one file a command. It reads what it
// is given, calls the same packages as the operator, and prints.
package cli

import (
	"io"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/internal/terminal"
)

// version is set by the linker; a `go install`ed binary knows its own.
var version string

// Streams are where commands read and print. Only data goes to Out.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// Now is the clock that ages are told by; time.Now when nil.
	Now func() time.Time
}

func (s Streams) now() time.Time {
	if s.Now == nil {
		return time.Now()
	}
	return s.Now()
}

// progress is where a person reads how things go.
func (s Streams) progress() terminal.Progress { return terminal.Progress{Writer: s.Err} }

// warn says on standard error what a person should know, and no script.
func (s Streams) warn(format string, args ...any) { s.progress().Warn(format, args...) }

// note says on standard error how things go.
func (s Streams) note(format string, args ...any) { s.progress().Note(format, args...) }

// done says that something was done.
func (s Streams) done(format string, args ...any) error {
	return terminal.Of(s.Out).Done(format, args...)
}

// New returns the command `eddy`.
func New(streams Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "eddy",
		Short: "A preview environment for every pull request, on Kubernetes with Flux",
		Long: `A preview environment for every pull request, on Kubernetes with Flux.

Eddy watches the pull requests of a forge (ResourceSetInputProvider), stamps out
a set of objects for each of them (ResourceSet), and lets Flux deploy them.

Exit codes: 0 done, 1 something went wrong. Those of "eddy diff" and "eddy wait"
are in their help.`,
		Example: `  # What there is, why one does not work, and what a change would do
  eddy get previews
  eddy --context prod -n app-dev describe preview api/1234
  eddy diff -f resourceset.yaml`,
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	root.AddCommand(newInitCommand(streams), newLintCommand(streams), newSchemaCommand(streams), newBuildCommand(streams), newOperatorCommand())
	root.AddCommand(
		newGetCommand(streams), newDescribeCommand(streams), newEventsCommand(streams), newLogsCommand(streams), newOpenCommand(streams),
		newDiffCommand(streams), newReconcileCommand(streams), newSuspendCommand(streams), newResumeCommand(streams), newWaitCommand(streams),
		newApproveCommand(streams), newRevokeCommand(streams),
	)
	root.AddCommand(newInstallCommand(streams), newUninstallCommand(streams), newCheckCommand(streams), newVersionCommand(streams))
	beforeCommands(root, streams)
	refuseUnknown(root)
	root.SetFlagErrorFunc(blameCommand)
	root.SetHelpFunc(printHelp)
	root.SetUsageFunc(printUsage)
	return root
}

func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "devel"
}
