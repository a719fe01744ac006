package terminal

import (
	"fmt"
	"io"
)

// Progress is where a person reads how things go, beside what a script reads. That
// nobody reads it is no error.
type Progress struct{ io.Writer }

// Warn says what a person should know, and no script.
func (p Progress) Warn(format string, args ...any) {
	_, _ = fmt.Fprintf(p, "Warning: %s\n", OneLine(fmt.Sprintf(format, args...))) // nobody is there to be told
}

// Note says how things go.
func (p Progress) Note(format string, args ...any) {
	_, _ = fmt.Fprintln(p, Visible(fmt.Sprintf(format, args...))) // nobody is there to be told
}

// Asked says that something was set going.
func (p Progress) Asked(format string, args ...any) { p.Note("► "+format, args...) }

// Waiting says what is waited for.
func (p Progress) Waiting(format string, args ...any) { p.Note("◎ "+format, args...) }

// Done says on a screen that something was done.
func (s Screen) Done(format string, args ...any) error {
	_, err := fmt.Fprintln(s, Green("✔"), Visible(fmt.Sprintf(format, args...)))
	return err
}
