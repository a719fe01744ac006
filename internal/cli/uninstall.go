package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/internal/install"
)

// uninstallCommand are the options of `eddy uninstall`.
type uninstallCommand struct {
	Streams
	*cluster
	CRDs bool
}

// newUninstallCommand returns `eddy uninstall`.
func newUninstallCommand(streams Streams) *cobra.Command {
	o := &uninstallCommand{Streams: streams, cluster: newCluster(streams)}
	o.flags.Namespace = nil // wherever it is
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Take the operator out; the previews stay",
		Long: `Take the operator out that "eddy install" has installed.

The previews stay and go on running: Flux deploys them. What stays too is what they need,
the accounts of previews, and the CustomResourceDefinitions. With --crds all of these go
as well, unless there are ResourceSets or ResourceSetInputProviders: delete those first, while
the operator runs, and it takes their previews down. Nor do they go while a Kustomization or
HelmRelease that outlived its set is applied as such an account.`,
		Example: `  # The operator alone
  eddy uninstall

  # All of it, and the previews before it
  kubectl delete resourcesets,resourcesetinputproviders --all -A
  eddy uninstall --crds`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	o.bind(cmd)
	cmd.Flags().BoolVar(&o.CRDs, "crds", false, "delete the CustomResourceDefinitions and the accounts of previews too, if nothing is left of their kinds")
	return cmd
}

func (o *uninstallCommand) run(ctx context.Context) error {
	direct, err := o.connect()
	if err != nil {
		return err
	}
	installer := &install.Installer{Client: direct, Tell: o.note}
	if o.CRDs {
		if err := installer.Unused(ctx); err != nil {
			return err
		}
	}
	if err := installer.Uninstall(ctx); err != nil || !o.CRDs {
		return err
	}
	return installer.UninstallRest(ctx)
}
