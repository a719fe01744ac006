package cli

import "github.com/spf13/cobra"

// newBuildCommand returns `eddy build`, which shows what would be made.
func newBuildCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Show what would be stamped out, without a cluster",
		Example: `  # The objects of a ResourceSet for inputs of your own
  eddy build resourceset -f resourceset.yaml -i inputs.yaml`,
	}
	cmd.AddCommand(newBuildResourceSetCommand(streams))
	return cmd
}
