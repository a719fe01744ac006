package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// printer writes the narrative: one line an event, with its time and its actor.
type printer struct {
	mu      sync.Mutex
	out     io.Writer
	colours bool
	now     func() time.Time
}

func newPrinter(out *os.File) *printer {
	plain := os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb"
	return &printer{out: out, colours: !plain && term.IsTerminal(int(out.Fd())), now: time.Now}
}

// colourOf each actor, as an ANSI code.
var colourOf = map[string]string{
	"developer": "33", "ci": "35", "watcher": "36", "templater": "34", "flux": "32", "ingress": "32", "feedback": "36",
	"checked": "1;32", "missing": "1;31",
}

// line prints one event.
func (p *printer) line(actor, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	label := fmt.Sprintf("%-9s", actor)
	if code := colourOf[actor]; p.colours && code != "" {
		label = "\x1b[" + code + "m" + label + "\x1b[0m"
	}
	// What cannot be printed must not end the demo.
	_, _ = fmt.Fprintf(p.out, "%s  %s  %s\n", p.now().Format("15:04:05.000"), label, text)
}

// heading starts a part of the demo.
func (p *printer) heading(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.colours {
		text = "\x1b[1m" + text + "\x1b[0m"
	}
	_, _ = fmt.Fprintf(p.out, "\n%s\n", text) // as in line
}

// block prints text as it is.
func (p *printer) block(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = fmt.Fprintln(p.out, text) // as in line
}
