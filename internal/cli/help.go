package cli

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eddy-previews/eddy/internal/terminal"
)

// helpWidth is how wide a help is at most, whatever it is read on.
const helpWidth = 80

// ofCluster marks the flags that say which cluster it is, and how it is asked: they
// are the same everywhere, and stand below those that are a command's own.
const ofCluster = "eddy/cluster"

// printHelp prints what a command does and how it is called.
func printHelp(cmd *cobra.Command, _ []string) {
	out := cmd.OutOrStdout()
	about := strings.TrimSpace(cmd.Long)
	if about == "" {
		about = cmd.Short
	}
	_, _ = fmt.Fprintf(out, "%s\n\n", folded(about)) // nobody is there to be told
	_ = printUsage(cmd)                              // as above
}

// printUsage prints how a command is called.
func printUsage(cmd *cobra.Command) error {
	u := usage{out: cmd.OutOrStdout()}
	u.line("Usage:")
	if cmd.Runnable() {
		u.line("  %s", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		u.line("  %s [command]", cmd.CommandPath())
	}
	if len(cmd.Aliases) > 0 {
		u.line("\nAliases:\n  %s", cmd.NameAndAliases())
	}
	if cmd.HasExample() {
		u.line("\nExamples:\n%s", cmd.Example)
	}
	u.commands(cmd)
	own, cluster := flagsOf(cmd)
	u.flags("Flags", own)
	u.flags("Flags of the cluster", cluster)
	if cmd.HasAvailableSubCommands() {
		u.line("\nUse \"%s [command] --help\" for more about a command.", cmd.CommandPath())
	}
	return u.err
}

// usage writes a help until something fails.
type usage struct {
	out io.Writer
	err error
}

func (u *usage) line(format string, args ...any) {
	if u.err == nil {
		_, u.err = fmt.Fprintf(u.out, format+"\n", args...)
	}
}

func (u *usage) commands(cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	u.line("\nAvailable Commands:")
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() || child.Name() == "help" {
			u.line("  %-*s %s", cmd.NamePadding(), child.Name(), child.Short)
		}
	}
}

func (u *usage) flags(title string, flags *pflag.FlagSet) {
	if flags.HasAvailableFlags() {
		text := strings.TrimRight(flags.FlagUsagesWrapped(helpWidth), "\n")
		u.line("\n%s:\n%s", title, trailing.ReplaceAllString(text, "\n"))
	}
}

// trailing is what stands after a flag whose words begin on the next line.
var trailing = regexp.MustCompile(` +\n`)

// flagsOf returns the flags of a command, and apart from them those of the cluster.
func flagsOf(cmd *cobra.Command) (own, cluster *pflag.FlagSet) {
	own, cluster = pflag.NewFlagSet("", pflag.ContinueOnError), pflag.NewFlagSet("", pflag.ContinueOnError)
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		shown := *flag
		shown.Value = unchoosy{flag.Value}
		if slices.Contains([]string{"[]", "0s"}, shown.DefValue) {
			shown.DefValue = "" // nothing, which needs no words
		}
		if _, is := flag.Annotations[ofCluster]; is {
			cluster.AddFlag(&shown)
			return
		}
		own.AddFlag(&shown)
	})
	return own, cluster
}

// unchoosy is a value that does not say how else it could be given: a help would
// have [=true|false] after each switch.
type unchoosy struct{ pflag.Value }

// folded breaks the paragraphs of a text into lines of a help. Lines that are
// indented, such as commands, stay.
func folded(text string) string {
	screen := terminal.Screen{Width: helpWidth}
	paragraphs := strings.Split(text, "\n\n")
	for i, paragraph := range paragraphs {
		lines := strings.Split(paragraph, "\n")
		if slices.ContainsFunc(lines, isIndented) {
			continue
		}
		paragraphs[i] = strings.Join(screen.Wrap(strings.Join(lines, " "), 0), "\n")
	}
	return strings.Join(paragraphs, "\n\n")
}

func isIndented(line string) bool {
	return strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
}
