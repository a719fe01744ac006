package terminal

import (
	"strings"
	"testing"
)

func TestHowThingsStandIsWrittenOverOnATerminalAndALineEachInALog(t *testing.T) {
	for name, c := range map[string]struct{ forced, term, want string }{
		"on a terminal it is written over, cut, and taken away": {
			"1", "xterm", "\r\x1b[K◎ it starts" + "\r\x1b[K◎ one t…se that goes on" + "\r\x1b[K" + "Warning: kept\n" + "\r\x1b[K◎ soon" + "\r\x1b[K",
		},
		"in a log each state is a line, whole": {"", "xterm", "◎ it starts\n◎ one thing with a cause that goes on\nWarning: kept\n◎ soon\n"},
		"a dumb terminal is written to like a log": {
			"1", "dumb", "◎ it starts\n◎ one thing with a cause that goes on\nWarning: kept\n◎ soon\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TTY_FORCE", c.forced)
			t.Setenv("TERM", c.term)
			t.Setenv("COLUMNS", "24")
			out := &strings.Builder{}
			line := LineOn(out)
			line.Waiting("it %s", "starts")
			line.Waiting("one thing\nwith a cause that goes on")
			Progress{line}.Warn("kept")
			line.Waiting("soon")
			line.Clear()
			line.Clear()
			if got := out.String(); got != c.want {
				t.Errorf("it is\n%q, not\n%q", got, c.want)
			}
		})
	}
}
