package render_test

import (
	"fmt"
	"math/rand/v2"
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

// fragments of hostile texts: what breaks lines somewhere, what means something
// to YAML, JSON or a template, and what looks like the engine's own.
var fragments = []string{
	"\n", "\r", "\r\n", "\u0085", "\u2028", "\u2029", "\v", "\f", "\t", " ", "  ", "    ", "\ufeff", "\u202e", "\u200b", "\u00a0", "\u00ad",
	"---", "...", "\n---\n", "\u0085---\u0085", ":", ": ", "- ", "? ", " #", "#", ",", "[", "]", "{", "}", "&a", "*a", "!!str", "!", "|", ">", "|-\n", "'", "''", `"`, `\"`,
	"%", "@", "`", `\`, `\n`, `\u0085`, `\x85`, "<<", ">>", "<< . >>", "{{", "=", "~", "$", "${X}", "$0", "%s", "%d", "%!", "(", ")", "*", "+", ".", "/", "_", "<b>", "&amp;",
	"kind: Secret", "\nkind: Secret\n", "\u0085kind: Secret\u0085", "it", "before", "spec", "metadata: {name: x}", "\n  evil: true", "\n    evil: true\n", "apiVersion: v1",
	"⸨", "⸩", "⸨000000⸩", "⸨000001⸩", "⸨0⸩", "⸨000002⸩", "000000⸩", "⸨00000",
	"null", "true", "1", "0", "1e10", "2020", "x", "k", "a", "b c", "ü", "🎉", "日本", "\x00", "\xff", "\x7f", "\ufffe", "\ud7ff", "\x1b[0m",
}

// hostileText makes a text of fragments. It knows how the marks begin, which
// nobody does.
func hostileText(rng *rand.Rand, mark string) string {
	var text strings.Builder
	for range rng.IntN(8) {
		switch n := rng.IntN(len(fragments) + 8); {
		case n < len(fragments):
			text.WriteString(fragments[n])
		case n < len(fragments)+2:
			text.WriteRune(rng.Int32N(0x3000))
		default:
			fmt.Fprintf(&text, "%s%06d⸩", mark, rng.IntN(6))
		}
	}
	return text.String()
}
