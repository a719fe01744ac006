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

func TestARunnerOfCIObeysNothingThatIsShown(t *testing.T) {
	for text, want := range map[string]string{
		"::set-output name=url::https://elsewhere":           "\uFFFD:set-output name=url::https://elsewhere",
		"a line\n \t::add-mask::a":                           "a line\n \t\uFFFD:add-mask::a",
		"\u00a0\u3000::stop-commands::x":                     "\u00a0\u3000\uFFFD:stop-commands::x",
		"the title ##vso[task.setvariable variable=a]b":      "the title #\uFFFDvso[task.setvariable variable=a]b",
		"the title ##[set-output name=a]b":                   "the title #\uFFFD[set-output name=a]b",
		"###[group] and ##teamcity[progressMessage 'x']":     "##\uFFFD[group] and #\uFFFDteamcity[progressMessage 'x']",
		"::1 is loopback, a::b no command, ## a heading [x]": "::1 is loopback, a::b no command, ## a heading [x]",
	} {
		if got := terminal.Visible(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
		if got := (terminal.Screen{Runner: true}).LogLine(text); got != want+"\n" {
			t.Errorf("in a log %q became %q", text, got)
		}
	}
}
