package terminal

import (
	"fmt"
	"io"
	"os"
)

// Line is where a person reads how something stands that takes its time. On a
// terminal it is written over by what is new; in a log each state is a line.
type Line struct {
	out    io.Writer
	screen Screen
	// over: what is there is written over, and taken away in the end.
	over, written bool
}

// narrow is the width of a terminal that does not tell its own.
const narrow = 80

// LineOn returns a line on a writer. A terminal that is dumb is written to like a log.
func LineOn(out io.Writer) *Line {
	screen := Of(out)
	if screen.Width == 0 {
		screen.Width = narrow
	}
	return &Line{out: out, screen: screen, over: screen.Obeys && os.Getenv("TERM") != "dumb"}
}

// Waiting says what is waited for.
func (l *Line) Waiting(format string, args ...any) {
	if !l.over {
		Progress{l.out}.Waiting("%s", OneLine(fmt.Sprintf(format, args...)))
		return
	}
	words := l.screen.CutMessage("◎ "+OneLine(fmt.Sprintf(format, args...)), l.screen.Width-1) // in the last column it would wrap
	_, _ = io.WriteString(l.out, "\r\x1b[K"+words)                                             // nobody is there to be told
	l.written = true
}

// Write writes what stays, in place of the line.
func (l *Line) Write(text []byte) (int, error) {
	l.Clear()
	return l.out.Write(text)
}

// Clear takes away what is there, so that the end of it stands in its place.
func (l *Line) Clear() {
	if l.written {
		_, _ = io.WriteString(l.out, "\r\x1b[K") // nobody is there to be told
	}
	l.written = false
}
