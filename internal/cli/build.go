package cli

import "github.com/spf13/cobra"

// newBuildCommand returns `eddy build`, which shows what would be made.
func newBuildCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Show what would be stamped out, without a cluster",
		Example: `  # Everything that a pull request would deploy
  eddy build preview -f provider.yaml -f resourceset.yaml --path ../fleet \
    --pr 1234 --sha 6dcb09b

  # The objects of a ResourceSet for inputs of your own
  eddy build resourceset -f resourceset.yaml -i inputs.yaml`,
	}
	cmd.AddCommand(newBuildPreviewCommand(streams), newBuildResourceSetCommand(streams))
	return cmd
}
