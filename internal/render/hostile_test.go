package render_test

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// hostile are titles that somebody may give a pull request, by accident or not.
var hostile = []string{
	`fix: the bug`, `a # comment`, "two\nlines", "two\r\nlines", "tab\there", "\ttab first", "--- \nkind: Secret", "\n---\nkind: Secret", "---", "...",
	`{{ .Values }}`, `<< inputs.sha >>`, `<<`, `>>`, `${VAR}`, `$patch: delete`,
	`&anchor x`, `*alias`, `!!binary x`, `!!int 3`, "\u202eright to left", "\u2028line separator", "\ufeffbyte order mark",
	`"quoted"`, `"`, `it's`, `'`, `back\slash`, `\n`, `[list]`, `{map: x}`, `, x: y`, `]`, `}`,
	"x\n  evil: true", "x\n    evil: true\n", "x\"\n    evil: \"y", "x'\n    evil: 'y", "- item", "-", "? key", "?", ":", "x:", ":x", "| block", "|", ">", "> folded",
	"%directive", "@at", "`tick`", " leading", "trailing ", " ", "", "\n", "x\n\n\ny\n",
	"1e10", "0123", "true", "null", "1_000", "0x1F", "12:30:45", "~", "yes", "2024-01-01", ".inf", "-.5", "+1", "NaN", "=",
	"⸨0⸩", "⸨", "⸩", "⸨99⸩", "\x01", "\x1b[31m", "emoji 🎉", "kind", "metadata",
	strings.Repeat("long ", 2000), strings.Repeat("x", 10_000),
}

// refused are texts that no object can hold.
var refused = []string{"nul\x00l", "\x00", "\xff", "a\xc3", "del\x7f", "\u0080", "\ufffe"}

var unwritable = regexp.MustCompile(`[\x00\x7f-\x{84}\x{86}-\x{9f}\x{fffe}\x{ffff}]`)

func isRefused(text string) bool {
	return !utf8.ValidString(text) || unwritable.MatchString(text)
}
