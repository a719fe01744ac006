package card

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
)

// Notice is what people are told once, where previews have failed that were ready. What
// it says stays true, whatever becomes of them.
type Notice struct {
	// Markers are what it is found again by.
	Markers []string
	// Rows are the previews that have failed.
	Rows []Row
	// Markdown is what the forge makes of it.
	Markdown forge.Markdown
}

// Text is the comment. Where it would be too long for the forge, the last are counted.
func (n Notice) Text() string {
	return fitting(n.write, len(n.Rows), n.Markdown.Most)
}

func (n Notice) write(shown int) string {
	out := &strings.Builder{}
	for _, marker := range n.Markers {
		out.WriteString(n.Markdown.Hidden(marker) + "\n")
	}
	heading := "Preview: failed after it was ready"
	if len(n.Rows) > 1 {
		heading = fmt.Sprintf("Previews: %d failed after they were ready", len(n.Rows))
	}
	fmt.Fprintf(out, "\n## %s\n", heading)
	for _, row := range n.Rows[:shown] {
		fmt.Fprintf(out, "\n**%s**%s: %s\n", plain(row.Called()), row.fell(), row.explain())
	}
	if left := len(n.Rows) - shown; left > 0 {
		fmt.Fprintf(out, "\n%d more have no room here.\n", left)
	}
	out.WriteString("\nHow it stands now, the other comment says.\n")
	return out.String()
}

// fell says at which commit a preview has failed, and when.
func (r Row) fell() string {
	out := ""
	if sha := commit(cmp.Or(r.Commit, r.Head)); sha != "" {
		out += " at " + sha
	}
	if at := r.updated(); at != "" {
		out += ", " + at + " UTC"
	}
	return out
}
