// Package card writes what a request is told of its previews: one comment that is
// always true, and a line for the status of its commit.
//
//	text := card.Card{Marker: marker, Rows: rows, Markdown: repository.Markdown()}.Text()
//
// It is a pure function of the views of package preview, whose words it uses. It
// promises that nothing in it depends on a clock, so that the same state is the same
// text; that whatever a stranger wrote is shown and does nothing: nobody is
// mentioned, nothing is linked, folded, closed or hidden by it; and that the marker
// is never cut.
package card

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/preview"
)

// Card is what is said of one request.
type Card struct {
	// Marker is what the comment is found again by.
	Marker string
	// Rows are the previews of the request, in their order.
	Rows []Row
	// Markdown is what the forge makes of it.
	Markdown forge.Markdown
}

// Row is one preview of a request, or what is said in the place of one.
type Row struct {
	preview.View
	// Unwatched says that its ResourceSet does not look at what was deployed: it is
	// Ready once it is applied.
	Unwatched bool
	// Unnamed says that it stands for permutations that are not there yet: how many there
	// will be, and what each is called, is not known.
	Unnamed bool
}

// Called is what tells it from the others of its request, of which a service has one each:
// but for permutations, whose ids stand behind it.
func (r Row) Called() string {
	if r.Key().IsPermutation() {
		return r.Service + "-" + r.ID
	}
	return r.Service
}

// Class is what a card comes to.
type Class string

// The classes, by what people want to be told.
const (
	Progress Class = "Progress"
	Ready    Class = "Ready"
	Failed   Class = "Failed"
	Removed  Class = "Removed"
)

// Class is what the previews come to together: what failed comes first.
func (c Card) Class() Class {
	is := map[Class]int{}
	for _, row := range c.Rows {
		is[row.class()]++
	}
	switch len(c.Rows) {
	case is[Removed]:
		return Removed
	case is[Ready] + is[Removed]:
		return Ready
	}
	if is[Failed] > 0 {
		return Failed
	}
	return Progress
}

func (r Row) class() Class {
	switch {
	case r.State() == preview.Removed:
		return Removed
	case r.State() == preview.Failed:
		return Failed
	case r.State() == preview.Ready && !r.isBehind():
		return Ready
	default:
		return Progress
	}
}

// isBehind reports whether the preview is at another commit than its request.
func (r Row) isBehind() bool { return r.HasPreview() && r.Head != "" && r.State() != preview.Removed }

// words are the state of a preview.
func (r Row) words() string {
	if r.isBehind() {
		return string(r.State()) + ", at an older commit"
	}
	return string(r.State())
}

// Text is the comment. Where it would be too long for the forge, rows are left out
// and counted.
func (c Card) Text() string {
	return fitting(c.write, len(c.Rows), c.Markdown.Most)
}

// fitting is a text with as many rows as there is room for, by halves, in so many bytes.
func fitting(write func(shown int) string, rows, most int) string {
	text := write(rows)
	for len(text) > most && rows > 0 {
		rows /= 2
		text = write(rows)
	}
	return text
}

func (c Card) write(shown int) string {
	out := &strings.Builder{}
	fmt.Fprintf(out, "%s\n\n## %s\n\n", c.Markdown.Hidden(c.Marker), c.heading())
	if c.Markdown.Tables {
		c.table(out, shown)
	} else {
		c.list(out, shown)
	}
	if left := len(c.Rows) - shown; left > 0 {
		fmt.Fprintf(out, "\n%d more have no room here.\n", left)
	}
	c.details(out, shown)
	return out.String()
}

// heading says it all in a few words.
func (c Card) heading() string {
	if len(c.Rows) == 1 {
		return "Preview: " + lower(c.Rows[0].words())
	}
	class, count := c.Class(), 0
	if class == Progress {
		class = Ready
	}
	for _, row := range c.Rows {
		if row.class() == class {
			count++
		}
	}
	return fmt.Sprintf("Previews: %d of %d %s", count, len(c.Rows), lower(string(class)))
}

func lower(text string) string { return strings.ToLower(text[:1]) + text[1:] }

func (c Card) table(out *strings.Builder, shown int) {
	out.WriteString("| Service | Status | URL | Commit | Updated (UTC) |\n| --- | --- | --- | --- | --- |\n")
	for _, row := range c.Rows[:shown] {
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n",
			plain(row.Called()), row.words(), cmp.Or(row.link(), "-"), row.commits(), cmp.Or(row.updated(), "-"))
	}
}

func (c Card) list(out *strings.Builder, shown int) {
	for _, row := range c.Rows[:shown] {
		parts := []string{row.words()}
		for _, part := range []string{row.link(), row.commits()} {
			if part != "" && part != "-" {
				parts = append(parts, part)
			}
		}
		if at := row.updated(); at != "" {
			parts = append(parts, "since "+at+" UTC")
		}
		fmt.Fprintf(out, "- **%s**: %s\n", plain(row.Called()), strings.Join(parts, ", "))
	}
}

// link leads to what answers; "" where nothing does yet.
func (r Row) link() string {
	if r.State() != preview.Ready {
		return ""
	}
	return link(r.URL)
}

// commits are the one that it is at, and the one that is wanted.
func (r Row) commits() string {
	switch {
	case r.State() == preview.Removed:
		return "-"
	case r.isBehind():
		return fmt.Sprintf("%s, wanted is %s", commit(r.Commit), commit(r.Head))
	default:
		return cmp.Or(commit(cmp.Or(r.Commit, r.Head)), "-")
	}
}

// updated is since when it is what it is.
func (r Row) updated() string {
	if r.Since.IsZero() || r.State() == preview.Removed {
		return ""
	}
	return r.Since.UTC().Format("2006-01-02 15:04")
}

// details say why, and what to do.
func (c Card) details(out *strings.Builder, shown int) {
	parts := make([]string, 0, shown)
	for _, row := range c.Rows[:shown] {
		if text := row.explain(); text != "" {
			parts = append(parts, fmt.Sprintf("**%s**: %s", plain(row.Called()), text))
		}
	}
	if len(parts) == 0 {
		return
	}
	const summary = "Why, and what you can do"
	text := strings.Join(parts, "\n\n")
	if !c.Markdown.Folds {
		fmt.Fprintf(out, "\n**%s**\n\n%s\n", summary, text)
		return
	}
	open := ""
	if slices.ContainsFunc(c.Rows, func(row Row) bool { return row.class() == Failed }) {
		open = " open"
	}
	fmt.Fprintf(out, "\n<details%s><summary>%s</summary>\n\n%s\n\n</details>\n", open, summary, text)
}
