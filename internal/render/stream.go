package render

import "strings"

// objectsApart puts a line of --- between JSON objects that follow each other, as
// they do in a stream of JSON, and reports whether there are several. YAML has no
// such documents, kubectl and Flux do.
//
//	{"kind": "A"}         {"kind": "A"}
//	{"kind": "B"}         ---
//	                      {"kind": "B"}
func objectsApart(text string) (string, bool) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		return text, false
	}
	var out strings.Builder
	depth, done := 0, 0
	for at := 0; at < len(text); at++ {
		switch text[at] {
		case '"', '\'':
			if isQuoteAt(text, at) {
				at = endOfQuote(text, at)
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 && strings.HasPrefix(strings.TrimLeft(text[at+1:], " \n\r\t"), "{") {
				out.WriteString(text[done:at+1] + "\n---\n")
				done = at + 1
			}
		}
	}
	out.WriteString(text[done:])
	return out.String(), done > 0
}

// isQuoteAt reports whether a quote begins a text: it's in the midst of a word
// otherwise.
func isQuoteAt(text string, at int) bool {
	before := strings.TrimRight(text[:at], " \n\r\t")
	return before == "" || strings.ContainsAny(before[len(before)-1:], "{[,:")
}

// endOfQuote returns where the text that begins with a quote ends.
func endOfQuote(text string, at int) int {
	quote := text[at]
	for at++; at < len(text) && text[at] != quote; at++ {
		if text[at] == '\\' && quote == '"' {
			at++
		}
	}
	return at
}
