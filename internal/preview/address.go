package preview

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// host is what the host of a web page may be called.
var host = regexp.MustCompile(`^[A-Za-z0-9._-]+(:[0-9]+)?$|^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$`)

// Address is the URL of a preview for a script or a browser: that of a web page, in which
// nothing stands that a shell would obey within quotes, as who deployed the preview wrote
// it. The error says what else it is.
func Address(text string) (string, error) {
	at, err := url.Parse(text)
	switch {
	case err != nil || at.Scheme != "http" && at.Scheme != "https" || !host.MatchString(at.Host):
		return "", fmt.Errorf("%q is not the address of a web page: correct the annotation or the Ingress that it comes from", text)
	case at.User != nil:
		return "", errors.New("its URL holds credentials: correct the annotation that it comes from")
	}
	const quotes = "\"'`$\\<>|^{}"
	out := &strings.Builder{}
	for _, letter := range []byte(strings.TrimPrefix(at.String(), at.Scheme+"://"+at.Host)) {
		if letter <= ' ' || letter > '~' || strings.IndexByte(quotes, letter) >= 0 {
			fmt.Fprintf(out, "%%%02X", letter)
			continue
		}
		out.WriteByte(letter)
	}
	return at.Scheme + "://" + at.Host + out.String(), nil
}
