package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// options are the flags of all commands.
type options struct {
	dir   string
	check bool
}

func newCommand() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use: "demo", Short: "A preview for every pull request, on this machine",
		Args: cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.check {
				return o.playToTheEnd(cmd)
			}
			return o.playAndLeave(cmd)
		},
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().StringVar(&o.dir, "dir", "", "the system's folder (default: system in Eddy's cache folder)")
	root.Flags().BoolVar(&o.check, "check", false, "play it all to its end in a folder of its own, check each step, and take all down")
	root.AddCommand(
		o.openCommand(), o.statusCommand(), o.envCommand(), o.downCommand(),
		o.actCommand("push", "Push a commit to a pull request; CI builds it", (*play).push),
		o.actCommand("label", "Let CI build a pull request and set its label", (*play).label),
		o.actCommand("unlabel", "Take the label away", (*play).unlabel),
		o.actCommand("close", "Close a pull request", (*play).close),
		o.actCommand("reopen", "Reopen a pull request", (*play).reopen),
		o.actCommand("merge", "Merge a pull request", (*play).merge),
	)
	return root
}

// actCommand is a command that does something with one pull request.
func (o *options) actCommand(name, short string, act func(*play, context.Context, actors.PullRequest) error) *cobra.Command {
	return &cobra.Command{
		Use: name + " N", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := strconv.Atoi(args[0])
			if err != nil {
				return fmt.Errorf("%q is no number of a pull request", args[0])
			}
			p, err := o.join(cmd)
			if err != nil {
				return err
			}
			pr, err := p.world.Forge.Get(cmd.Context(), number)
			if err != nil {
				return err
			}
			return p.narrated(cmd.Context(), func(ctx context.Context) error { return act(p, ctx, pr) })
		},
	}
}

func (o *options) openCommand() *cobra.Command {
	return &cobra.Command{
		Use: "open TITLE", Short: "Open a pull request", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := o.join(cmd)
			if err != nil {
				return err
			}
			pr, err := p.open(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			p.print.line("you", fmt.Sprintf("next: %s label %d", program(), pr.Number))
			return nil
		},
	}
}

func (o *options) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show the pull requests and their previews", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := o.join(cmd)
			if err != nil {
				return err
			}
			return p.status(cmd.Context())
		},
	}
}

func (o *options) downCommand() *cobra.Command {
	return &cobra.Command{
		Use: "down", Short: "End the demo and remove its state", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			programs, dir, err := o.place(cmd)
			if err != nil {
				return err
			}
			return programs.Down(cmd.Context(), dir)
		},
	}
}

// place finds the programs and the system's folder.
func (o *options) place(cmd *cobra.Command) (actors.Programs, string, error) {
	root, err := findRoot()
	if err != nil {
		return actors.Programs{}, "", err
	}
	dir := o.dir
	if dir == "" {
		if dir, err = defaultDir(); err != nil {
			return actors.Programs{}, "", err
		}
	}
	dir, err = filepath.Abs(dir)
	programs := actors.FindPrograms(root, cmd.ErrOrStderr())
	programs.RestLater, programs.Operated = true, actors.Either
	return programs, dir, err
}

// join connects to the demo that runs.
func (o *options) join(cmd *cobra.Command) (*play, error) {
	programs, dir, err := o.place(cmd)
	if err != nil {
		return nil, err
	}
	system, err := actors.LoadSystem(dir)
	if err != nil {
		return nil, fmt.Errorf("%w (start the demo with: %s)", err, program())
	}
	programs.Output = nil
	world, err := actors.Open(programs, system)
	if err != nil {
		return nil, err
	}
	world.PollEvery = pollEvery
	return &play{world: world, print: newPrinter(os.Stdout)}, nil
}

// findRoot looks for the checkout above the working folder, else above the
// program itself, which the Makefile builds into bin.
func findRoot() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	root, err := actors.FindRoot(here)
	if err == nil {
		return root, nil
	}
	self, selfErr := os.Executable()
	if selfErr != nil {
		return "", errors.Join(err, selfErr)
	}
	return actors.FindRoot(filepath.Dir(self))
}

// defaultDir is also the default of the program cluster.
func defaultDir() (string, error) {
	if cache := os.Getenv("EDDY_CACHE"); cache != "" {
		return filepath.Join(cache, "system"), nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache folder (give --dir): %w", err)
	}
	return filepath.Join(cache, "eddy", "system"), nil
}

// program is how this program was called.
func program() string { return os.Args[0] }
