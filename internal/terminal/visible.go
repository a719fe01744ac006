package terminal

import (
	"regexp"
	"strings"
	"unicode"
)

// OneLine joins the lines of a text, and makes it visible.
func OneLine(text string) string { return Visible(strings.Join(strings.Fields(text), " ")) }

// Visible replaces what a terminal would obey, not show, and what a runner of CI would
// that reads along: whoever opens a pull request chooses its title, and Kubernetes its
// messages by it.
func Visible(text string) string {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
	return disarm(text)
}

// disarm takes the commands for a runner of CI out of a text.
func disarm(text string) string {
	const disarmed = "${1}\uFFFD${2}"
	return bracketed.ReplaceAllString(leading.ReplaceAllString(text, disarmed), disarmed)
}

// Commands by which a log tells the runner of CI to set an output or a variable, to hide
// a text or to obey no more: with colons at the beginning of a line, with brackets
// wherever they stand.
//
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
// https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
var (
	leading   = regexp.MustCompile(`(?m)^([\s\pZ]*):(:[A-Za-z])`)
	bracketed = regexp.MustCompile(`(#)#([A-Za-z]*\[)`)
)

// ownColour is what a container may tell a terminal.
var ownColour = regexp.MustCompile("\x1b\\[[0-9;:]*m")

// LogLine is a line of a log for a screen, as it was written where that is no
// terminal, without what a runner of CI obeys where one reads along. On a terminal its
// colours stay, and end with it; the rest is shown and not obeyed, as a log may hold what
// a stranger sent.
func (s Screen) LogLine(line string) string {
	rest := strings.TrimSuffix(line, "\n")
	switch {
	case s.Obeys:
	case s.Runner:
		return disarm(rest) + "\n"
	default:
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
