package terminal

import (
	"io"
	"sync"
)

// Log writes lines of several sources, one at a time.
type Log struct {
	screen Screen
	// raw takes what was logged, its own colours included; elsewhere than on a
	// terminal it is all that was.
	raw io.Writer
	// Prefixed lines begin with where they are from.
	Prefixed bool

	mu sync.Mutex
}

// LogOn returns a log on a writer.
func LogOn(out io.Writer) *Log { return &Log{screen: Of(out), raw: out} }

// Line writes one line, with its line break if it has one.
func (l *Log) Line(from, line string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Prefixed {
		if _, err := io.WriteString(l.screen, StyleOf(from)(from)+" "); err != nil {
			return err
		}
	}
	_, err := io.WriteString(l.raw, l.screen.LogLine(line))
	return err
}
