package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eddy-previews/eddy/internal/suggest"
)

// oneArg refuses anything but one argument, and shows how it is given.
func oneArg(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return fmt.Errorf("%s takes one name, and was given %d: %s", cmd.CommandPath(), len(args), cmd.UseLine())
}

// oneArgAtMost lets the argument be left out.
func oneArgAtMost(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return oneArg(cmd, args)
}

// refuseUnknown lets each command that only has others below it print its help,
// and refuse what none of them is called: cobra would print help and succeed.
func refuseUnknown(cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		refuseUnknown(child)
	}
	if cmd.Runnable() || !cmd.HasSubCommands() {
		return
	}
	cmd.DisableFlagsInUseLine = true
	cmd.Args = unknownCommand
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// unknownCommand refuses arguments, and names the command that may be meant.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			names = append(append(names, child.Name()), child.Aliases...)
		}
	}
	hint := suggest.Hint(args[0], names)
	if hint == "" {
		hint = fmt.Sprintf(": see `%s --help`", cmd.CommandPath())
	}
	return fmt.Errorf("%s has no command %q%s", cmd.CommandPath(), args[0], hint)
}

// beforeCommands lets the flags of the cluster stand before the names of commands
// below one, as with kubectl. Those read them; here they are known, so that what is
// wrong beside them is told, and not they.
func beforeCommands(parent *cobra.Command, streams Streams) *cobra.Command {
	known := newCluster(streams)
	known.bind(&cobra.Command{})
	known.given.VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "v" { // eddy -v is eddy --version
			parent.Flags().AddFlag(flag)
		}
	})
	_ = parent.RegisterFlagCompletionFunc("context", known.completeContexts)     // the flag is there
	_ = parent.RegisterFlagCompletionFunc("namespace", known.completeNamespaces) // the flag is there
	return parent
}

// blameCommand names the command that does not exist, and not the flag after it,
// which no command that has others below it could know.
func blameCommand(cmd *cobra.Command, err error) error {
	if unknown := new(pflag.NotExistError); errors.As(err, &unknown) && isOfCluster(unknown.GetSpecifiedName()) {
		return fmt.Errorf("`%s` asks no cluster: leave %s out", cmd.CommandPath(), dashed(unknown.GetSpecifiedName()))
	}
	if !cmd.HasSubCommands() {
		return err
	}
	if unknown := cmd.ValidateArgs(cmd.Flags().Args()); unknown != nil {
		return unknown
	}
	return err
}

// isOfCluster reports whether a flag that a command does not know is one of those
// that say which cluster is meant.
func isOfCluster(flag string) bool {
	_, is := clusterFlags()[flag]
	return is || flag == "n"
}

// dashed is a flag as it is written.
func dashed(flag string) string {
	if len(flag) == 1 {
		return "-" + flag
	}
	return "--" + flag
}
