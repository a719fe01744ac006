package cli

import "github.com/spf13/cobra"

// newDescribeCommand returns `eddy describe`, which explains.
func newDescribeCommand(streams Streams) *cobra.Command {
	return ofPreviews(parent(&cobra.Command{
		Use:   "describe",
		Short: "Show the chain of a preview, and why it does not work",
		Example: `  # Preview 1234 of the service api
  eddy describe preview api/1234

  # The same, in short
  eddy describe api/1234`,
	}, newDescribePreviewCommand(streams)), newDescribePreviewCommand, streams)
}
