// Package cli holds the commands of the program cluster, one file each. A
// command reads its flags, calls the package that does the work, and prints.
package cli

import (
	"io"

	"github.com/spf13/cobra"
)

// New makes the root command. Results go to out, progress to errOut.
func New(out, errOut io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:           "cluster",
		Short:         "The local system: Kubernetes, Flux, Gitea and a node, on this machine alone",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(out)
	root.SetErr(errOut)
	root.AddCommand(
		newBuild(),
		newAssets(),
		newUp(),
		newStatus(),
		newDown(),
		newImage(),
		newPackages(),
		newNodeInit(),
		newIngress(),
	)
	return root
}
