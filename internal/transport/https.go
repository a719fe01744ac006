package transport

import (
	"fmt"
	"net/url"
	"strings"
)

// ErrPlainHTTP is a way from https to http.
var ErrPlainHTTP = &Error{What: "it leads from https to http", Kind: ErrInvalidAnswer}

// MaySend refuses a request on a way on which the credentials must not be seen,
// whoever has sent it there: what begins with https, and every identity in a
// cloud, is never asked for in the clear.
func (c Config) MaySend(to *url.URL) error {
	secure := strings.HasPrefix(strings.ToLower(c.URL), "https:") || c.Service != nil
	switch {
	case secure && to.Scheme != "https":
		return ErrPlainHTTP
	case c.Service != nil && !c.Service.MatchString(to.Host):
		return &Error{What: fmt.Sprintf("%q is not the service of the cloud, and the identity of an account goes nowhere else", to.Host), Kind: ErrInvalidAnswer}
	default:
		return nil
	}
}
