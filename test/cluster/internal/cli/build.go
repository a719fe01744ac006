package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/cluster/internal/progress"
	"github.com/eddy-previews/eddy/test/cluster/internal/toolchain"
)

func newBuild() *cobra.Command {
	var only, with, beside []string
	cmd := &cobra.Command{
		Use:   "build",
		Short: "Build the pinned tools into the cache and print its folder",
		Long: `Build the pinned tools into the cache and print its folder, and tell how long
each part took. All modules are fetched first, at once.

The first time this takes about 20 CPU minutes and 5 GB of Go's build cache;
with everything in the cache it takes no time.`,
		Example: `  cluster build --only first --with 'building Eddy=make build'`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			builder, err := toolchain.NewBuilder(progress.New(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			steps, err := stepsIn("--with", with)
			if err != nil {
				return err
			}
			more, err := stepsIn("--beside", beside)
			if err != nil {
				return err
			}
			for _, step := range more {
				step.Cost, step.Beside = 0, true
				steps = append(steps, step)
			}
			var selections []toolchain.Selection
			for _, name := range only {
				selections = append(selections, toolchain.Selection(name))
			}
			if err := builder.BuildWith(cmd.Context(), steps, selections...); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), builder.Root())
			return err
		},
	}
	cmd.Flags().StringSliceVar(&only, "only", []string{string(toolchain.All)},
		fmt.Sprintf("what to build: any of %v", toolchain.Selections()))
	cmd.Flags().StringArrayVar(&with, "with", nil,
		"NAME=COMMAND: what to build along with it, in the folder of the checkout (can be repeated)")
	cmd.Flags().StringArrayVar(&beside, "beside", nil,
		"NAME=COMMAND: as --with, for what hardly computes: it is done meanwhile (can be repeated)")
	return cmd
}

// stepCost is what Eddy's own programs take, which is what steps build.
const stepCost = 240

func stepsIn(flag string, texts []string) ([]toolchain.Step, error) {
	var steps []toolchain.Step
	for _, text := range texts {
		name, command, found := strings.Cut(text, "=")
		if !found || name == "" || strings.TrimSpace(command) == "" {
			return nil, fmt.Errorf("%s %q: want NAME=COMMAND, as in 'building Eddy=make build'", flag, text)
		}
		steps = append(steps, toolchain.Step{Name: name, Command: command, Cost: stepCost})
	}
	return steps, nil
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
