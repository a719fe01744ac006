package card

import "regexp"

// Messages are those of Flux and of what was deployed, and a request may be public: what
// looks like a credential is not repeated.
var (
	// login is that of an address: user:password@ and token@.
	login = regexp.MustCompile(`(://)[^/\s@"'<>]+@`)
	// named is the value of what is called like a credential, in a query, a flag, a
	// header or a file.
	named = regexp.MustCompile(`(?i)\b((?:[a-z0-9]+[_-])*(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|signature|sig|credential)["']?\s?[=:]\s?["']?)[^\s"'&,;)]{4,}`)
	// header is what stands in the header of a request.
	header = regexp.MustCompile(`(?i)\b((?:bearer|basic|token)\s+)[A-Za-z0-9+/_.=~-]{12,}`)
	// token is one that its maker has marked as such.
	token = regexp.MustCompile(`\b(?:gh[a-z]_[A-Za-z0-9]{10,}|github_pat_\w{10,}|gl[a-z]{2,6}-[A-Za-z0-9_-]{10,}|xox[a-z]-[A-Za-z0-9-]{8,}|A[KS]IA[A-Z0-9]{12,}|ATATT[A-Za-z0-9_=-]{10,}|ATBB[A-Za-z0-9_=-]{10,}|dckr_pat_\w{10,}|npm_[A-Za-z0-9]{10,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?)`)
	// key is a private key, as far as it is there.
	key = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`)
)

// hushed is a text without what looks like a credential.
func hushed(text string) string {
	const gone = "***"
	text = key.ReplaceAllString(text, gone)
	text = login.ReplaceAllString(text, "${1}"+gone+"@")
	text = header.ReplaceAllString(text, "${1}"+gone)
	text = token.ReplaceAllString(text, gone)
	return named.ReplaceAllString(text, "${1}"+gone)
}
