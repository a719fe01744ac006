// Package terminal is what a person reads on: a screen of some width, with colours
// or without, and what is printed there: tables, trees, paragraphs.
//
//	screen := terminal.Of(os.Stdout)
//	table := terminal.Table{Screen: screen, Columns: terminal.Named("NAME", "READY")}
//	err := table.Print([][]terminal.Cell{{terminal.Text("api/1234"), {Text: "True", Style: terminal.Green}}})
//
// Where no terminal is, nothing is cut and nothing coloured, so that a script reads
// all of it. What a stranger may have chosen, such as a title, a message or a log,
// goes through Visible, OneLine or LogLine: a terminal shows it, and obeys nothing.
package terminal

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/mitchellh/go-wordwrap"
	"golang.org/x/term"
)

// Screen is where a person reads. Colours written to it arrive on a terminal
// alone, and not where NO_COLOR is set.
type Screen struct {
	io.Writer
	// Width of the terminal; 0 where there is none, and nothing is cut.
	Width int
	// Obeys says that control characters are obeyed: it is a terminal.
	Obeys bool
	// Runner says that a runner of CI reads along, and takes some lines for commands.
	Runner bool
}

// Of returns the screen behind a writer. TTY_FORCE and COLUMNS make a terminal of
// what is none.
func Of(writer io.Writer) Screen {
	colours := colorprofile.NewWriter(writer, os.Environ())
	if os.Getenv("NO_COLOR") != "" {
		colours.Profile = colorprofile.NoTTY // not bold or faint either
	}
	out := Screen{Writer: colours, Obeys: IsOne(writer), Runner: isRunner()}
	if !out.Obeys {
		return out
	}
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		out.Width = columns
	} else if file, isFile := writer.(*os.File); isFile {
		out.Width, _, _ = term.GetSize(int(file.Fd())) // 0 where it is not known
	}
	return out
}

// isRunner reports whether the environment is that of a runner of GitHub, Gitea, Forgejo
// or Azure Pipelines.
func isRunner() bool { return os.Getenv("GITHUB_ACTIONS") != "" || os.Getenv("TF_BUILD") != "" }

// IsOne reports whether what is written to is a terminal. TTY_FORCE makes one of
// what is none.
func IsOne(stream any) bool {
	forced, _ := strconv.ParseBool(os.Getenv("TTY_FORCE")) // what is no boolean is none
	return forced || Answers(stream)
}

// Answers reports whether somebody who is asked would answer.
func Answers(stream any) bool {
	file, isFile := stream.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}

// Cut shortens a line to the width of the screen.
func (s Screen) Cut(line string) string {
	if s.Width == 0 {
		return line
	}
	return Cut(line, s.Width)
}

// CutMessage shortens a message to some columns, on a terminal alone.
func (s Screen) CutMessage(text string, columns int) string {
	if s.Width == 0 {
		return text
	}
	return CutMessage(text, columns)
}

// Cut shortens a text to some columns, with … at its end.
func Cut(text string, columns int) string { return ansi.Truncate(text, columns, "…") }

// CutMessage shortens a message to some columns, with … for what is left out of it.
// It keeps the end: where errors are wrapped, that is the cause.
func CutMessage(text string, columns int) string {
	width := ansi.StringWidth(text)
	if width <= columns {
		return text
	}
	head := max(columns-1, 0) / 3
	tail := max(columns-1-head, 0)
	return ansi.Truncate(text, head, "") + "…" + ansi.TruncateLeft(text, width-tail, "")
}

// Wrap breaks words into lines that fit beside an indent.
func (s Screen) Wrap(words string, indent int) []string {
	if room := s.Width - indent; room > 0 {
		words = wordwrap.WrapString(words, uint(room))
	}
	return strings.Split(words, "\n")
}
