package terminal

import (
	"regexp"
	"strings"
	"unicode"
)

// OneLine joins the lines of a text, and makes it visible.
func OneLine(text string) string { return Visible(strings.Join(strings.Fields(text), " ")) }

// Visible replaces what a terminal would obey, not show: whoever opens a pull
// request chooses its title, and Kubernetes its messages by it.
func Visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// ownColour is what a container may tell a terminal.
var ownColour = regexp.MustCompile("\x1b\\[[0-9;:]*m")

// LogLine is a line of a log for a screen, as it was written where that is no
// terminal. On one its colours stay, and end with it; the rest is shown and not
// obeyed, as a log may hold what a stranger sent.
func (s Screen) LogLine(line string) string {
	rest := strings.TrimSuffix(line, "\n")
	if !s.Obeys {
		return rest + "\n"
	}
	rest = strings.TrimRight(rest, "\r\n")
	var out strings.Builder
	places, before := ownColour.FindAllStringIndex(rest, -1), 0
	for _, place := range places {
		out.WriteString(Visible(rest[before:place[0]]) + rest[place[0]:place[1]])
		before = place[1]
	}
	out.WriteString(Visible(rest[before:]))
	if len(places) > 0 {
		out.WriteString("\x1b[m")
	}
	return out.String() + "\n"
}
