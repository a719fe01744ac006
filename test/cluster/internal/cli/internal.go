package cli

import (
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/cluster/internal/ingress"
	"github.com/eddy-previews/eddy/test/cluster/internal/node"
)

// newNodeInit is process 1 of a node. cluster up starts it; people do not.
func newNodeInit() *cobra.Command {
	return &cobra.Command{
		Use:    node.InitCommand + " CONFIG",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return node.Init(cmd.Context(), args[0])
		},
	}
}

// newIngress is the ingress. cluster up starts it; people do not.
func newIngress() *cobra.Command {
	var kubeconfig, listen string
	cmd := &cobra.Command{
		Use:    ingress.Command,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			return ingress.Serve(cmd.Context(), kubeconfig, listen, log)
		},
	}
	cmd.Flags().StringVar(&kubeconfig, "kubeconfig", "", "the cluster to serve")
	cmd.Flags().StringVar(&listen, "listen", "", "the address to listen at")
	return cmd
}
