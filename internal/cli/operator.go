package cli

import (
	"github.com/spf13/cobra"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/eddy-previews/eddy/internal/operator"
)

// newOperatorCommand returns `eddy operator`, which runs until it is told to stop.
func newOperatorCommand() *cobra.Command {
	options := operator.Options{}
	cmd := &cobra.Command{
		Use:   "operator",
		Short: "Run the operator: watch pull requests and stamp out their previews",
		Long: `Run the operator: watch pull requests and stamp out their previews.

The operator reconciles ResourceSetInputProvider and ResourceSet objects in the
cluster of KUBECONFIG, or in the one that it runs in.`,
		Example: `  # Against the cluster of the current kubeconfig, as the only replica
  eddy operator --enable-leader-election=false

  # In two namespaces alone, applying with a tenant's permissions
  eddy operator --watch-namespaces=app-dev,web-dev \
    --default-service-account=previews`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return operator.Run(ctrl.SetupSignalHandler(), options)
		},
	}
	options.BindFlags(cmd.Flags())
	return cmd
}
