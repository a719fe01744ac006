package render

import (
	"encoding/json"
	"strings"

	"github.com/eddy-previews/eddy/internal/flux"
)

// substitutable writes a value of postBuild.substitute so that it stays the
// value of a field. Flux puts it in the place of ${NAME} in the YAML of an
// overlay, takes line breaks out, and parses the whole: `title: ${TITLE}` with
// the title "fix: x" would be a field in a field, and with "x # y" lose its end.
// What YAML reads as one scalar is left as it is; anything else is put into
// double quotes, and so is the same text once Flux has parsed it.
func substitutable(text string) string {
	if text == "" || isOneScalar(text) {
		return text
	}
	var quoted strings.Builder
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(text) != nil {
		return text // it is UTF-8, so this does not happen
	}
	return escapes.Replace(strings.TrimSuffix(quoted.String(), "\n"))
}

// escapes are for what is a character for JSON, and for YAML a line break or
// the mark of an encoding.
var escapes = strings.NewReplacer("\u0085", `\u0085`, "\ufeff", `\ufeff`)

// isOneScalar reports whether YAML reads a text, as the value of a field, as
// one scalar, all of it. It does so without a parser, which a text of ten
// thousand brackets could keep busy.
func isOneScalar(text string) bool {
	switch {
	case strings.ContainsFunc(text, isUnfit):
		return false
	case text[0] == '"':
		var read string
		return json.Unmarshal([]byte(text), &read) == nil
	case text[0] == '\'':
		inner, closed := strings.CutSuffix(text[1:], "'")
		return closed && !strings.Contains(strings.ReplaceAll(inner, "''", ""), "'")
	default:
		return isPlainText(text)
	}
}

// isPlainText reports whether a text can stand without quotes.
func isPlainText(text string) bool {
	if strings.TrimSpace(text) != text || strings.ContainsRune(",[]{}#&*!|>%@`", rune(text[0])) {
		return false
	}
	if strings.ContainsRune("-?:", rune(text[0])) && (len(text) == 1 || text[1] == ' ') {
		return false
	}
	return !strings.Contains(text, ": ") && !strings.Contains(text, " #") && !strings.HasSuffix(text, ":")
}

// isUnfit reports whether a character means something to YAML wherever it
// stands, or must be escaped.
func isUnfit(r rune) bool {
	return r < ' ' || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff
}

// isSubstitute reports whether this is a value that Flux puts into YAML.
func (p place) isSubstitute() bool {
	return p.kind == flux.KustomizationKind && p.last(2) == "substitute" && p.last(3) == "postBuild"
}
