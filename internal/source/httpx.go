package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
)

const (
	// maxBody bounds one answer, in bytes.
	maxBody = 10 << 20
	// maxMessage bounds what is repeated of a forge's own error, in bytes.
	maxMessage = 200
	// maxRedirects bounds how often a renamed repository is followed.
	maxRedirects = 5

	userAgent = "eddy"
)

// newHTTPClient returns the client through which every forge is asked. What is
// not an answer of the forge's API comes back as an error: callers of a
// vendor's library never see a login page as an empty list.
func newHTTPClient(config Config) *http.Client { return newHTTPClientFor(config, manners{}) }

// manners are how the answers of a forge differ from those of most.
type manners struct {
	// accepts tells a good answer with the status 200; nil for JSON.
	accepts func(h http.Header, body []byte) bool
	// explain reads which error the body of another answer means; nil, or a nil
	// error, leaves it to the status.
	explain func(body []byte) error
}

func newHTTPClientFor(config Config, how manners) *http.Client {
	shared := config.shared()
	return &http.Client{
		Transport:     &strict{config: config, way: shared.ways.of(config), shared: shared, manners: how},
		CheckRedirect: checkRedirect,
	}
}

// signIn is how forges and proxies call the page to sign in.
var signIn = regexp.MustCompile(`(?i)/(_?sign-?_?in|login|log_?in|saml2?|oauth2?)(/|$)`)

// checkRedirect follows a repository that was renamed, but nobody to another
// host or to a sign-in page.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if req.URL.Host != first.Host || signIn.MatchString(req.URL.Path) {
		return &answer{what: fmt.Sprintf("redirected to %s://%s%s", req.URL.Scheme, req.URL.Host, req.URL.Path), kind: ErrUnauthorized}
	}
	if len(via) >= maxRedirects {
		return &answer{what: "redirected too often", kind: ErrInvalidAnswer}
	}
	return nil
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
	asker, err := askerOf(req.Context(), s.config, s.way)
	if err != nil {
		return nil, err
	}
	who, asked := caller{asker, host(req.URL.Host)}, by[request]{asker, requestOf(req)}
	if err := s.shared.limits.wait(req.Context(), who); err != nil {
		return nil, err
	}
	known, _ := s.shared.answers.get(asked)
	known.ask(req.Header)
	resp, err := s.way.transport.RoundTrip(req)
	s.shared.calls.count(who.about, resp)
	if err != nil {
		return nil, errors.New(s.redact(err.Error()))
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, &answer{what: s.redact(err.Error()), kind: ErrInvalidAnswer}
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

// readAll reads an answer and closes it.
func readAll(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	closeErr := resp.Body.Close()
	if err = errors.Join(err, closeErr); err != nil {
		return nil, fmt.Errorf("the answer ended early: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)
	}
	return body, nil
}

// check maps what is not a good answer to an error. A redirect is for
// checkRedirect to judge; that nothing has changed, only who knows what was.
func (s *strict) check(resp *http.Response, body []byte, known *kept) error {
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		return s.accept(resp, body)
	case code == http.StatusNotModified && known != nil:
		return nil
	case code/100 == 3 && resp.Header.Get("Location") != "":
		return nil
	}
	what := fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if message := s.redact(forgesWords(body)); message != "" {
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

// forgesWords returns what a forge says itself about an error.
func forgesWords(body []byte) string {
	type message struct {
		Message any `json:"message"`
	}
	var said struct {
		message
		Error  message   `json:"error"`  // Bitbucket Cloud
		Errors []message `json:"errors"` // Bitbucket Data Center
	}
	_ = json.Unmarshal(body, &said) // what does not fit is left out
	for _, one := range append([]message{said.Error}, said.Errors...) {
		said.Message = cmp.Or(said.Message, one.Message)
	}
	if said.Message == nil {
		return ""
	}
	return short(fmt.Sprint(said.Message))
}

// short returns a text on one line, cut where it is too long for a condition.
func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxMessage {
		text = text[:maxMessage] + "…"
	}
	return text
}

// redact takes credentials out of a text; a forge may echo them.
func (s *strict) redact(text string) string {
	return redact(text, s.config.Credentials.Password, s.config.Credentials.Token)
}

// redact takes secrets out of a text.
func redact(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}
