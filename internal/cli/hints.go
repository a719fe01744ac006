package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// hints are commands that a person is told to run. They can be run as they stand:
// about the cluster and the namespace that the command before was about, as far as
// flags said so.
type hints struct{ given *pflag.FlagSet }

// inBackticks is a command in a sentence.
var inBackticks = regexp.MustCompile("`(?:eddy|kubectl|flux) [^`]*`")

// runnable completes the commands that stand in backticks in a text.
func (h hints) runnable(text string) string {
	return inBackticks.ReplaceAllStringFunc(text, func(found string) string {
		return "`" + h.command(strings.Trim(found, "`")) + "`"
	})
}

// command completes one command. Those that ask no cluster stay.
func (h hints) command(words string) string {
	program, rest, _ := strings.Cut(words, " ")
	first, _, _ := strings.Cut(rest, " ")
	if slices.Contains([]string{"build", "init", "lint", "config", "completion", "version"}, first) || strings.Contains(words, "--help") || h.given == nil {
		return words
	}
	flags := []string{"context", "kubeconfig", "as"}
	if program == "eddy" && !strings.Contains(words, " -n ") && !strings.Contains(words, " -A") {
		flags = append(flags, "namespace")
	}
	for _, name := range flags {
		if flag := h.given.Lookup(name); flag != nil && flag.Changed && !strings.Contains(words, "--"+name+" ") {
			words += " " + called(flag) + " " + quoted(flag.Value.String())
		}
	}
	return words
}

// called is a flag as a person gives it, -n say.
func called(flag *pflag.Flag) string {
	if flag.Shorthand != "" {
		return "-" + flag.Shorthand
	}
	return "--" + flag.Name
}

// command completes a command by the flags that say which cluster it is.
func (c *cluster) command(words string) string { return hints{c.given}.command(words) }

// runnable completes the commands that stand in backticks in a text.
func (c *cluster) runnable(text string) string { return hints{c.given}.runnable(text) }

// within completes the commands that stand in backticks in a text about a namespace,
// which need not be that of the flags.
func (c *cluster) within(namespace, text string) string {
	if own, err := c.namespace(); err != nil || own != namespace {
		text = inBackticks.ReplaceAllStringFunc(text, func(found string) string {
			if !strings.HasPrefix(found, "`eddy ") || strings.Contains(found, " -n ") || strings.HasPrefix(found, "`eddy build") {
				return found
			}
			return strings.TrimSuffix(found, "`") + " -n " + quoted(namespace) + "`"
		})
	}
	return c.runnable(text)
}

// plainWord is what a shell takes for one word.
var plainWord = regexp.MustCompile(`^[\w@%+=:,./~-]+$`)

// quoted is an argument as a shell takes it.
func quoted(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
