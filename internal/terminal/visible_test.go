package terminal_test

import (
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/terminal"
)

func TestATerminalObeysNothingInALogButColours(t *testing.T) {
	for line, want := range map[string]string{
		"plain\n":                              "plain\n",
		"a tab\tand no end":                    "a tab\tand no end\n",
		"of windows\r\n":                       "of windows\n",
		"\x1b[1;31mred\x1b[0m":                 "\x1b[1;31mred\x1b[0m\x1b[m\n",
		"\x1b]0;a title\x07\n":                 "\uFFFD]0;a title\uFFFD\n",
		"\x1b]52;c;cHduZWQ=\x07\n":             "\uFFFD]52;c;cHduZWQ=\uFFFD\n",
		"\x1b[2J\x1b[H cleared\n":              "\uFFFD[2J\uFFFD[H cleared\n",
		"over\rwritten\b\n":                    "over\uFFFDwritten\uFFFD\n",
		"\u009b2J, and \u202eback\n":           "\uFFFD2J, and \uFFFDback\n",
		"\x1b[8m hidden\n":                     "\x1b[8m hidden\x1b[m\n",
		"\x1b[\x1b[1m2J put together of two\n": "\uFFFD[\x1b[1m2J put together of two\x1b[m\n",
	} {
		if got := (terminal.Screen{Obeys: true}).LogLine(line); got != want {
			t.Errorf("%q became %q", line, got)
		}
		if got := (terminal.Screen{}).LogLine(line); strings.TrimSuffix(got, "\n") != strings.TrimSuffix(line, "\n") {
			t.Errorf("elsewhere %q became %q", line, got)
		}
	}
}
