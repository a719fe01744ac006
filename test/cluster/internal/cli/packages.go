package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/cluster/internal/node"
)

func newPackages() *cobra.Command {
	return &cobra.Command{
		Use:   "packages",
		Short: "Install the Debian packages that a node needs",
		Long: `Install the Debian packages that a node needs, as root, and where they are not
there yet. No service is started.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			missing := node.MissingPackages()
			if len(missing) == 0 {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "All packages that a node needs are there.")
				return err
			}
			if err := node.InstallPackages(cmd.Context(), missing, cmd.ErrOrStderr()); err != nil {
				return err
			}
			if still := node.MissingPackages(); len(still) > 0 {
				return fmt.Errorf("installed, but still missing: %s", strings.Join(still, ", "))
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "Installed %s.\n", strings.Join(missing, ", "))
			return err
		},
	}
}
