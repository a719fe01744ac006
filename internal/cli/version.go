package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

// versions are what `eddy version -o json` prints.
type versions struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// newVersionCommand returns `eddy version`.
func newVersionCommand(streams Streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Long: `Print the version of this program. That of the operator in a cluster is told by
eddy check.`,
		Example: `  # For a bug report
  eddy version

  # For a script
  eddy version -o jsonpath={.version}`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := checkFormat(output, dataFormats()...); err != nil {
				return err
			}
			now := versions{buildVersion(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			if output != "" {
				return printValue(streams.Out, output, now)
			}
			_, err := fmt.Fprintf(streams.Out, "eddy %s (%s, %s)\n", now.Version, now.Go, now.Platform)
			return err
		},
	}
	bindOutput(cmd, &output, dataFormats()...)
	return cmd
}
