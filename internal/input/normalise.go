package input

import (
	"strings"
	"unicode"
)

// normalise returns a name as templates can write it, inputs.api_prs for
// api-prs: lower case; a run of spaces and punctuation becomes one underscore,
// but for the first and the last; what is neither a letter from a to z nor a
// digit is dropped. It returns "" when nothing is left.
func normalise(name string) string {
	var out strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			out.WriteRune(r)
		case unicode.IsSpace(r), unicode.IsPunct(r):
			out.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(out.String()), "_")
}
