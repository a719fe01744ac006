package cli

import (
	"io"
	"os"
	"strconv"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/eddy-previews/eddy/internal/diagnose"
)

// screen is where a person reads. Colours written to it arrive on a terminal
// alone, and not where NO_COLOR is set.
type screen struct {
	io.Writer
	// width of the terminal; 0 where there is none, and nothing is cut.
	width int
	// terminal is what obeys the control characters that it is sent.
	terminal bool
}

// screen returns what is behind Out. TTY_FORCE and COLUMNS make a terminal of
// what is none.
func (s Streams) screen() screen {
	colours := colorprofile.NewWriter(s.Out, os.Environ())
	if os.Getenv("NO_COLOR") != "" {
		colours.Profile = colorprofile.NoTTY // not bold or faint either
	}
	out := screen{Writer: colours}
	forced, _ := strconv.ParseBool(os.Getenv("TTY_FORCE")) // what is no boolean is none
	file, isFile := s.Out.(*os.File)
	if !forced && (!isFile || !term.IsTerminal(int(file.Fd()))) {
		return out
	}
	out.terminal = true
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		out.width = columns
	} else if isFile {
		out.width, _, _ = term.GetSize(int(file.Fd())) // 0 where it is not known
	}
	return out
}

// style is a colour of the terminal's own sixteen, so that it suits its theme.
type style func(...string) string

func plain(text ...string) string { return lipgloss.NewStyle().Render(text...) }

func green(text ...string) string {
	return lipgloss.NewStyle().Foreground(lipgloss.Green).Render(text...)
}

func red(text ...string) string {
	return lipgloss.NewStyle().Foreground(lipgloss.Red).Render(text...)
}

func yellow(text ...string) string {
	return lipgloss.NewStyle().Foreground(lipgloss.Yellow).Render(text...)
}

func cyan(text ...string) string {
	return lipgloss.NewStyle().Foreground(lipgloss.Cyan).Render(text...)
}

func faint(text ...string) string { return lipgloss.NewStyle().Faint(true).Render(text...) }

func bold(text ...string) string { return lipgloss.NewStyle().Bold(true).Render(text...) }

// styleOf is the colour of a Ready condition.
func styleOf(ready metav1.ConditionStatus) style {
	switch ready {
	case metav1.ConditionTrue:
		return green
	case metav1.ConditionFalse:
		return red
	default:
		return yellow
	}
}

// mark is the sign of a state, in its colour.
func mark(s diagnose.State) string {
	switch s {
	case diagnose.Ready, diagnose.Ended:
		return green("✓")
	case diagnose.Failing, diagnose.Missing:
		return red("✗")
	case diagnose.Progressing, diagnose.Terminating:
		return yellow("…")
	default:
		return yellow("?")
	}
}
