package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
)

const (
	// maxBody bounds one answer, in bytes.
	maxBody = 10 << 20
	// maxRedirects bounds how often a renamed repository is followed.
	maxRedirects = 5

	userAgent = "eddy"
)

// manners are how the answers of a forge differ from those of most.
type manners struct {
	// accepts tells a good answer with the status 200; nil for JSON.
	accepts func(h http.Header, body []byte) bool
	// says reads what the documentation of a forge calls the message of an error;
	// nil repeats nothing.
	says func(body []byte) string
	// explain reads which error the body of another answer means; nil, or a nil
	// error, leaves it to the status.
	explain func(body []byte) error
}

// newHTTPClient returns the client through which every forge is asked. What is
// not an answer of the forge's API comes back as an error: callers of a
// vendor's library never see a login page as an empty list.
func newHTTPClient(config Config, how manners) *http.Client {
	shared := config.shared()
	return &http.Client{
		Transport:     &strict{config: config, way: shared.ways.of(config), shared: shared, manners: how},
		CheckRedirect: checkRedirect,
	}
}

// signIn is how forges and proxies call the page to sign in.
var signIn = regexp.MustCompile(`(?i)/(_?sign-?_?in|login|log_?in|saml2?|oauth2?)(/|$)`)

// checkRedirect follows a repository that was renamed, but nobody to another
// host, to a sign-in page, or out of an encrypted connection.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	switch {
	case req.URL.Host != first.Host:
		return &answer{what: fmt.Sprintf("redirected to %s://%s", req.URL.Scheme, short(req.URL.Host)), kind: ErrUnauthorized}
	case via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https":
		return &answer{what: "redirected from https to http", kind: ErrInvalidAnswer}
	case signIn.MatchString(req.URL.Path):
		return &answer{what: "redirected to a page to sign in", kind: ErrUnauthorized}
	case len(via) >= maxRedirects:
		return &answer{what: "redirected too often", kind: ErrInvalidAnswer}
	default:
		return nil
	}
}

// strict lets only whole, valid answers through.
type strict struct {
	config  Config
	way     *way
	shared  *Clients
	manners manners
}

// RoundTrip implements http.RoundTripper. What was answered before is asked for
// only if it has changed; the caller sees no difference.
func (s *strict) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", userAgent)
	if err := s.config.checkRequest(req.URL); err != nil {
		return nil, err
	}
	asker, err := askerOf(req.Context(), s.config, s.way)
	if err != nil {
		return nil, err
	}
	who, asked := caller{asker, host(req.URL.Host)}, by[request]{asker, requestOf(req)}
	known, _ := s.shared.answers.get(asked)
	known.ask(req.Header)
	resp, body, err := s.shared.exchange(req, who, who.about)
	if err != nil {
		return nil, err
	}
	if err := s.check(resp, body, known); err != nil {
		var limited *RateLimited
		if errors.As(err, &limited) {
			s.shared.limits.read(who, resp.Header, err)
		}
		return nil, err
	}
	s.shared.limits.read(who, resp.Header, nil)
	switch resp.StatusCode {
	case http.StatusNotModified:
		return known.again(resp), nil
	case http.StatusOK:
		if again := keep(resp, body); again != nil {
			s.shared.answers.put(asked, again, again.size())
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// getJSON asks a forge that has no well-kept library.
func getJSON(client *http.Client, req *http.Request, into any) (http.Header, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it is in memory
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return nil, &answer{what: "200 OK with other JSON than was asked for", kind: ErrInvalidAnswer}
	}
	return resp.Header, nil
}

// check maps what is not a good answer to an error. A redirect is for
// checkRedirect to judge; that nothing has changed, only who knows what was.
func (s *strict) check(resp *http.Response, body []byte, known *kept) error {
	switch code := resp.StatusCode; {
	case code == http.StatusOK, code == http.StatusCreated && resp.Request.Method == http.MethodPost:
		return s.accept(resp, body)
	case code == http.StatusNotModified && known != nil:
		return meterOf(resp.Request.Context()).read(len(known.body))
	case code/100 == 3 && resp.Header.Get("Location") != "":
		return nil
	}
	what := fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if message := s.words(resp, body); message != "" {
		what += " (" + message + ")"
	}
	return &answer{what: what, kind: s.kindOf(resp, body)}
}

// accept judges an answer with the status 200.
func (s *strict) accept(resp *http.Response, body []byte) error {
	accepts, wanted := isJSON, "JSON"
	if s.manners.accepts != nil {
		accepts, wanted = s.manners.accepts, "what was asked for"
	}
	if accepts(resp.Header, body) {
		return nil
	}
	return &answer{what: fmt.Sprintf("200 OK with %s instead of %s", describe(resp, body), wanted), kind: ErrInvalidAnswer}
}

// isJSON accepts what says something.
func isJSON(_ http.Header, body []byte) bool {
	return json.Valid(body) && string(bytes.TrimSpace(body)) != "null"
}

// errTooOften is an answer whose body says that it was asked for too often.
var errTooOften = errors.New("asked too often")

func (s *strict) kindOf(resp *http.Response, body []byte) error {
	var explained error
	if s.manners.explain != nil {
		explained = s.manners.explain(body)
	}
	switch {
	case isRefusal(resp), errors.Is(explained, errTooOften):
		return &RateLimited{Until: s.shared.limits.until(resp.Header)}
	case explained != nil:
		return explained
	default:
		return kindOfCode(resp.StatusCode)
	}
}

// kindOfCode tells a caller what a status other than 200 means.
func kindOfCode(code int) error {
	switch {
	// Azure DevOps answers an expired token with 203 and a sign-in page.
	case code == http.StatusUnauthorized, code == http.StatusNonAuthoritativeInfo:
		return ErrUnauthorized
	case code == http.StatusForbidden:
		return ErrForbidden
	case code == http.StatusNotFound:
		return ErrNotFound
	case code >= http.StatusInternalServerError:
		return ErrUnavailable
	default:
		return ErrInvalidAnswer
	}
}

// describe says in two words what came instead of JSON.
func describe(resp *http.Response, body []byte) string {
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return "an empty body"
	case strings.Contains(resp.Header.Get("Content-Type"), "html"):
		return "a web page"
	default:
		return "broken or truncated text"
	}
}

// words returns what a forge says itself about an error, where its
// documentation says that it does.
func (s *strict) words(resp *http.Response, body []byte) string {
	if s.manners.says == nil || !claimsJSON(resp.Header) {
		return ""
	}
	return repeated(s.manners.says(body), secretsOf(s.config, resp.Request))
}

// claimsJSON reports whether an answer says of itself that it is JSON.
func claimsJSON(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json") || strings.HasPrefix(kind, "application/x-amz-json-"))
}

// field returns a function that reads the first of some fields that is a text.
func field(names ...string) func(body []byte) string {
	return func(body []byte) string {
		var said map[string]any
		_ = json.Unmarshal(body, &said) // what is no object has no fields
		for _, name := range names {
			if text, ok := said[name].(string); ok && text != "" {
				return text
			}
		}
		return ""
	}
}
