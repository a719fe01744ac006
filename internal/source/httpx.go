package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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
func newHTTPClient(config Config) *http.Client {
	shared := config.shared()
	return &http.Client{
		Transport:     &strict{next: shared.transport(config), credentials: config.Credentials, shared: shared},
		CheckRedirect: checkRedirect,
	}
}

// checkRedirect follows a repository that was renamed, but nobody to another
// host or to a sign-in page.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if req.URL.Host != first.Host || strings.Contains(strings.ToLower(req.URL.Path), "sign") || strings.Contains(strings.ToLower(req.URL.Path), "login") {
		return &answer{what: fmt.Sprintf("redirected to %s://%s%s", req.URL.Scheme, req.URL.Host, req.URL.Path), kind: ErrUnauthorized}
	}
	if len(via) >= maxRedirects {
		return &answer{what: "redirected too often", kind: ErrInvalidAnswer}
	}
	return nil
}

// strict lets only whole, valid answers through.
type strict struct {
	next        http.RoundTripper
	credentials Credentials
	shared      *Clients
}

// RoundTrip implements http.RoundTripper. What was answered before is asked for
// only if it has changed; the caller sees no difference.
func (s *strict) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", userAgent)
	who, asked := callerOf(req), requestOf(req)
	if err := s.shared.limits.wait(req.Context(), who); err != nil {
		return nil, err
	}
	known, _ := s.shared.answers.get(asked)
	known.ask(req.Header)
	resp, err := s.next.RoundTrip(req)
	s.shared.calls.WithLabelValues(who.host, codeOf(resp)).Inc()
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
	case code == http.StatusOK && json.Valid(body):
		return nil
	case code == http.StatusOK:
		return &answer{what: fmt.Sprintf("200 OK with %s instead of JSON", describe(resp, body)), kind: ErrInvalidAnswer}
	case code == http.StatusNotModified && known != nil:
		return nil
	case code/100 == 3 && resp.Header.Get("Location") != "":
		return nil
	}
	what := fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if message := s.redact(forgesWords(body)); message != "" {
		what += " (" + message + ")"
	}
	return &answer{what: what, kind: s.kindOf(resp)}
}

func (s *strict) kindOf(resp *http.Response) error {
	if isRefusal(resp) {
		return &RateLimited{Until: s.shared.limits.until(resp.Header)}
	}
	return kindOfCode(resp.StatusCode)
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
	var said struct {
		Message any `json:"message"`
	}
	if json.Unmarshal(body, &said) != nil || said.Message == nil {
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
	return redact(text, s.credentials.Password, s.credentials.Token)
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
