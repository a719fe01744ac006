package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/cluster/internal/local"
	"github.com/eddy-previews/eddy/test/cluster/internal/progress"
	"github.com/eddy-previews/eddy/test/cluster/internal/toolchain"
)

func newImage() *cobra.Command {
	var dir, ref, message string
	cmd := &cobra.Command{
		Use:   "image",
		Short: "Give the node an image of the sample app, under any name",
		Long: `Build an image of the sample app under the name REF, as if CI had built it. One
of the system's own registry (see cluster up) is pushed there, and pods pull it.
Any other is given to the node: pods find it as long as they do not ask to pull
always, and without a node there is nothing to do.`,
		Example: `  cluster image --ref registry.example.com/api:pr-1 --message "First change"`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := folderOf(dir)
			if err != nil {
				return err
			}
			builder, err := toolchain.NewBuilder(progress.New(cmd.ErrOrStderr()))
			if err != nil {
				return err
			}
			result := fmt.Sprintf("The system has %s.", ref)
			err = local.SampleImage(cmd.Context(), folder, local.Sample{Ref: ref, Message: message}, builder)
			if errors.Is(err, local.ErrNoNode) {
				result = "No image is needed: " + err.Error() + "."
			} else if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), result)
			return err
		},
	}
	dirFlag(cmd, &dir)
	cmd.Flags().StringVar(&ref, "ref", "", "the image's name with a tag, such as registry.example.com/api:pr-1")
	cmd.Flags().StringVar(&message, "message", "Hello from the sample app", "what the app's page says")
	// It is there; marking it required cannot fail.
	_ = cmd.MarkFlagRequired("ref")
	return cmd
}
