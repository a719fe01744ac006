package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/cluster/internal/local"
)

func newDown() *cobra.Command {
	var dir string
	var keep bool
	cmd := &cobra.Command{
		Use:   "down",
		Short: "End a system and remove its state",
		Long: `End a system and remove its state. Where there is none it does nothing; what a
killed supervisor left behind is removed too.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := folderOf(dir)
			if err != nil {
				return err
			}
			if !folder.Exists() {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "There is no local system in %s.\n", folder)
				return err
			}
			end, result := local.Down, "ended, and its state removed"
			if keep {
				end, result = local.Stop, "ended; its state is kept"
			}
			if err := end(folder); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The system in %s is %s.\n", folder, result)
			return err
		},
	}
	dirFlag(cmd, &dir)
	cmd.Flags().BoolVar(&keep, "keep", false, "keep the state, for the next cluster up")
	return cmd
}
