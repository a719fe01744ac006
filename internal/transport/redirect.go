package transport

import (
	"fmt"
	"net/http"
	"regexp"
)

// maxRedirects bounds how often a renamed repository is followed.
const maxRedirects = 5

// signIn is how forges and proxies call the page to sign in.
var signIn = regexp.MustCompile(`(?i)/(_?sign-?_?in|login|log_?in|saml2?|oauth2?)(/|$)`)

// CheckRedirect follows a repository that was renamed, but nobody to another
// host, to a sign-in page, or out of an encrypted connection. What was to be
// written is not turned into a question, as some redirects want it: the answer
// to that would look like a success.
func CheckRedirect(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case req.URL.Host != first.Host:
		return &Error{What: fmt.Sprintf("redirected to %s://%s", req.URL.Scheme, short(req.URL.Host)), Kind: ErrUnauthorized}
	case via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https":
		return &Error{What: "redirected from https to http", Kind: ErrInvalidAnswer}
	case signIn.MatchString(req.URL.Path):
		return &Error{What: "redirected to a page to sign in", Kind: ErrUnauthorized}
	case req.Method != via[0].Method:
		return &Error{What: fmt.Sprintf("redirected so that %s would become %s", via[0].Method, req.Method), Kind: ErrMoved}
	case len(via) >= maxRedirects:
		return &Error{What: "redirected too often", Kind: ErrInvalidAnswer}
	default:
		return nil
	}
}

// CheckLocation refuses a redirect as CheckRedirect does, for whom a library
// follows them.
func CheckLocation(resp *http.Response) error {
	from := resp.Request.URL
	if resp.StatusCode/100 != 3 || resp.Header.Get("Location") == "" {
		return nil
	}
	to, err := from.Parse(resp.Header.Get("Location"))
	if err != nil {
		return &Error{What: "redirected to nowhere", Kind: ErrInvalidAnswer}
	}
	return CheckRedirect(&http.Request{Method: resp.Request.Method, URL: to}, []*http.Request{resp.Request})
}
