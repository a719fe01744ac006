package overlay

import (
	"net/url"
	"regexp"
	"strings"
)

// user is how kustomize tells a login at a host.
var user = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]*@`)

// isURL reports whether kustomize would ask a web server for an entry, file or not.
func isURL(entry string) bool {
	parsed, err := url.Parse(entry)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https")
}

// isRepository reports whether kustomize would have git fetch an entry, though
// there may be a folder of that name.
func isRepository(entry string) bool {
	lower := strings.TrimPrefix(strings.ToLower(entry), "git::")
	for _, prefix := range []string{"ssh://", "https://", "http://", "file://", "github.com/", "github.com:"} {
		if strings.HasPrefix(lower, prefix) {
			return true
		}
	}
	login := user.FindString(lower)
	return login != "" && strings.ContainsAny(lower[len(login):], "/:")
}

// isAddress reports whether an entry for which there is no file is meant for
// something in the network. No more than the words of a message hang on it:
// whatever kustomize is given begins with a dot.
func isAddress(entry string) bool {
	entry = strings.TrimSpace(entry)
	if isURL(entry) || isRepository(entry) || user.MatchString(entry) {
		return true
	}
	for _, part := range []string{"://", "::", "?ref=", "?version=", "&ref=", "_git/", ".git/", ".git?"} {
		if strings.Contains(entry, part) {
			return true
		}
	}
	return strings.HasSuffix(entry, ".git") || strings.HasPrefix(strings.ToLower(entry), "gh:")
}
