package cli

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// ofPreviews lets a command that only has others below it be given a preview at
// once: `eddy describe api/1` is `eddy describe preview api/1`. What does so is made
// anew by its constructor, so that each has its own flags.
func ofPreviews(cmd *cobra.Command, child func(Streams) *cobra.Command, streams Streams) *cobra.Command {
	meant := child(streams)
	cmd.Use += " [PREVIEW]"
	cmd.Flags().AddFlagSet(meant.Flags())
	cmd.ValidArgsFunction = meant.ValidArgsFunction
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 || !isPreview(args[0]) {
			return unknownCommand(cmd, args)
		}
		if meant.Args == nil {
			return nil
		}
		return meant.Args(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return meant.RunE(cmd, args)
	}
	return cmd
}

// isPreview reports whether an argument is the name of a preview, as no command is:
// SERVICE/ID, or a number alone.
func isPreview(argument string) bool {
	_, err := strconv.ParseUint(argument, 10, 64)
	return err == nil || strings.Contains(argument, "/")
}
