package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/internal/check"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// checkCommand are the options of `eddy check`.
type checkCommand struct {
	Streams
	*cluster
	Pre    bool
	Output string
}

// newCheckCommand returns `eddy check`.
func newCheckCommand(streams Streams) *cobra.Command {
	o := &checkCommand{Streams: streams, cluster: newHomeCluster(streams)}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check that the cluster has what Eddy needs, and that Eddy works",
		Long: `Check that the cluster has what Eddy needs, and that Eddy works: the version of the
cluster, Flux, the CustomResourceDefinitions, the operator, another operator that would
work on the same objects, and what answers at the URLs of previews. Of providers that
tell requests, the comments of a request are read with their token, where you may read
the Secret. Nothing is changed.

The exit code is 1 when a check fails; a warning leaves it at 0.`,
		Example: `  # Before Eddy is installed: also whether you may install it
  eddy check --pre

  # In a script
  eddy check -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.bindHome(cmd)
	cmd.Flags().BoolVar(&o.Pre, "pre", false, "check only what is needed before Eddy is installed")
	bindOutput(cmd, &o.Output, dataFormats()...)
	return cmd
}

func (o *checkCommand) run(ctx context.Context) error {
	if err := checkFormat(o.Output, dataFormats()...); err != nil {
		return err
	}
	target, err := o.target()
	if err != nil {
		return err
	}
	checks := check.Installation
	if o.Pre {
		checks = check.Prerequisites
	}
	results := checks(ctx, target)
	if err := o.print(results); err != nil {
		return err
	}
	failed := 0
	for _, result := range results {
		if result.State == check.Failed {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed", failed, len(results))
	}
	return nil
}

func (o *checkCommand) target() (*check.Cluster, error) {
	served, err := o.discovery()
	if err != nil {
		return nil, err
	}
	server, err := o.connect()
	if err != nil {
		return nil, err
	}
	namespace, err := o.namespace()
	return &check.Cluster{Client: server, Discovery: served, Namespace: namespace, Now: o.now()}, err
}

// print prints a line for each result, and below it what to do.
func (o *checkCommand) print(results []check.Result) error {
	if o.Output != "" {
		return printValue(o.Out, o.Output, results)
	}
	out := terminal.Of(o.Out)
	for _, result := range results {
		if _, err := fmt.Fprintf(out, "%s %s\n", sign(result.State), terminal.Visible(result.Message)); err != nil {
			return err
		}
		if result.Fix == "" {
			continue
		}
		if _, err := fmt.Fprintf(out, "  → %s\n", terminal.Faint(terminal.Visible(o.runnable(result.Fix)))); err != nil {
			return err
		}
	}
	return nil
}

func sign(state check.State) string {
	switch state {
	case check.OK:
		return terminal.Green("✔")
	case check.Warning:
		return terminal.Yellow("⚠")
	default:
		return terminal.Red("✗")
	}
}
