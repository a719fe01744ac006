// Package progress tells a person what a long job is doing: one line when a
// step is done, and one every half minute while it is not, so that a wait of
// minutes is never silent. It writes plain lines, which read the same on a
// terminal, in a log file and in CI.
package progress

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Reminder is how often a step that is still running says so.
const Reminder = 30 * time.Second

// Printer writes lines, each with the time since the printer was made. It is
// safe for use by several goroutines.
type Printer struct {
	mu    sync.Mutex
	out   io.Writer
	start time.Time
	now   func() time.Time
}

// New makes a printer that writes to out.
func New(out io.Writer) *Printer {
	return &Printer{out: out, start: time.Now(), now: time.Now}
}

// Line prints one line.
func (p *Printer) Line(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	elapsed := p.now().Sub(p.start).Seconds()
	// A progress line that cannot be written is not worth failing the job for.
	_, _ = fmt.Fprintf(p.out, "%7.1fs  %s\n", elapsed, fmt.Sprintf(format, args...))
}

// Watch says every half minute that what is still going on, until the
// returned function is called.
func (p *Printer) Watch(what string) (stop func()) {
	done := make(chan struct{})
	began := p.now()
	go func() {
		ticker := time.NewTicker(Reminder)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				p.Line("%s … (%s so far)", what, p.now().Sub(began).Round(time.Second))
			}
		}
	}()
	return sync.OnceFunc(func() { close(done) })
}
