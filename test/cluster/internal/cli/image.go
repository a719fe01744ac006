package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/cluster/internal/local"
	"github.com/eddy-previews/eddy/test/cluster/internal/progress"
	"github.com/eddy-previews/eddy/test/cluster/internal/toolchain"
)

// imageOptions are the flags of cluster image.
type imageOptions struct {
	local.Built
	dir, archive string
}

func newImage() *cobra.Command {
	o := &imageOptions{}
	cmd := &cobra.Command{
		Use:   "image",
		Short: "Give the node an image: one of the sample app or of a program of yours, or one in a file",
		Long: `Build an image of the sample app, or with --program of a static program of
yours, under the name REF, as if CI had built it. One of the system's own
registry (see cluster up) is pushed there, and pods pull it.
Any other is given to the node: pods find it as long as they do not ask to pull
always, and without a node there is nothing to do. With --archive it is an image
that is built already, in a tar file that docker save, podman save or make image
has written, under the name that it has there.`,
		Example: `  cluster image --ref registry.example.com/api:pr-1 --message "First change"
  cluster image --ref 10.98.0.1:21007/shop:pr-1 --program ./server --revision "$(git rev-parse HEAD)"
  cluster image --archive dist/eddy-image.tar`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			what, err := o.give(cmd)
			result := fmt.Sprintf("The system has %s.", what)
			if errors.Is(err, local.ErrNoNode) {
				result = "No image is needed: " + err.Error() + "."
			} else if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), result)
			return err
		},
	}
	dirFlag(cmd, &o.dir)
	cmd.Flags().StringVar(&o.Ref, "ref", "", "the image's name with a tag, such as registry.example.com/api:pr-1")
	cmd.Flags().StringVar(&o.Message, "message", "Hello from the sample app", "what the app's page says")
	cmd.Flags().StringVar(&o.Program, "program", "", "a static program of yours that the image runs, in place of the sample app")
	cmd.Flags().StringVar(&o.Revision, "revision", "", "the commit that the image is of, written on it as its label org.opencontainers.image.revision")
	cmd.Flags().StringVar(&o.archive, "archive", "", "the tar file of an image that is built already")
	cmd.MarkFlagsOneRequired("ref", "archive")
	for _, one := range []string{"ref", "program", "revision"} {
		cmd.MarkFlagsMutuallyExclusive(one, "archive")
	}
	cmd.MarkFlagsMutuallyExclusive("message", "program")
	return cmd
}

// give returns what it has given.
func (o *imageOptions) give(cmd *cobra.Command) (string, error) {
	folder, err := folderOf(o.dir)
	if err != nil {
		return "", err
	}
	if o.archive != "" {
		return o.archive, local.ImportArchive(cmd.Context(), folder, o.archive)
	}
	builder, err := toolchain.NewBuilder(progress.New(cmd.ErrOrStderr()))
	if err != nil {
		return "", err
	}
	return o.Ref, local.BuildImage(cmd.Context(), folder, o.Built, builder)
}
