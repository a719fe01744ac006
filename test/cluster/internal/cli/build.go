package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/cluster/internal/progress"
	"github.com/eddy-previews/eddy/test/cluster/internal/toolchain"
)

func newBuild() *cobra.Command {
	var only []string
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Build the pinned tools into the cache and print its folder",
		Long: `Build the pinned tools into the cache and print its folder.

The first time this takes about 20 CPU minutes and 4 GB of Go's build cache;
with everything in the cache it takes no time.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			builder, err := toolchain.NewBuilder(progress.New(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			var selections []toolchain.Selection
			for _, name := range only {
				selections = append(selections, toolchain.Selection(name))
			}
			if err := builder.Build(cmd.Context(), selections...); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), builder.Root())
			return err
		},
	}
	cmd.Flags().StringSliceVar(&only, "only", []string{string(toolchain.All)},
		"what to build: all, control-plane, flux, gitea, node, assets")
	return cmd
}

func newAssets() *cobra.Command {
	return &cobra.Command{
		Use:   "assets",
		Short: "Print a folder for KUBEBUILDER_ASSETS, built where missing",
		Long: `Print a folder that holds etcd and kube-apiserver, for controller-runtime's
envtest as KUBEBUILDER_ASSETS, and Flux's CRDs in crds/flux. What is missing is
built; progress goes to standard error, so that standard output is the path.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			builder, err := toolchain.NewBuilder(progress.New(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			dir, err := builder.Assets(cmd.Context())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), dir)
			return err
		},
	}
}
