package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// UserAgent is how all requests say who they are.
const UserAgent = "eddy"

// NewClient returns the client through which every forge is read and written.
// What is not an answer of the forge's API comes back as an error: callers of a
// vendor's library never see a login page as an empty list. A request is sent
// once: whether it is to be tried again is for the caller to say.
func NewClient(config Config, dialect Dialect) *http.Client {
	return &http.Client{
		Transport:     &strict{Sender: NewSender(config), dialect: dialect},
		CheckRedirect: CheckRedirect,
	}
}

// strict lets only whole, valid answers through.
type strict struct {
	*Sender
	dialect Dialect
}

// RoundTrip implements http.RoundTripper. What was answered before is asked for
// only if it has changed; the caller sees no difference.
func (s *strict) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", UserAgent)
	if err := s.config.MaySend(req.URL); err != nil {
		return nil, err
	}
	asker, err := s.asker(req)
	if err != nil {
		return nil, err
	}
	asked := By[question]{asker, questionOf(req)}
	if again, err := answered(req, asked); again != nil || err != nil {
		return again, err
	}
	known, _ := s.pools.answers.Get(asked)
	known.ask(req.Header)
	answer, err := s.exchange(req, caller{asker, Host(req.URL.Host)})
	if err != nil {
		return nil, err
	}
	if err := s.check(answer, known); err != nil { //nolint:contextcheck // the answer has that of its request
		var limited *RateLimited
		if errors.As(err, &limited) {
			s.pools.limits.read(answer.who, answer.Header, err)
		}
		return nil, err
	}
	s.pools.limits.read(answer.who, answer.Header, nil)
	if answer.StatusCode == http.StatusNotModified {
		again := known.again(answer.Response)
		remember(asked, again.Header, &Answer{Response: again, Text: known.body})
		return again, nil
	}
	remember(asked, answer.Header, answer)
	if again := keep(answer); again != nil {
		s.pools.answers.Put(asked, again, again.size())
	}
	answer.Body = io.NopCloser(bytes.NewReader(answer.Text))
	return answer.Response, nil
}

// check maps what is not a good answer to an error. A redirect is for
// CheckRedirect to judge; that nothing has changed, only who knows what was.
func (s *strict) check(answer *Answer, known *kept) error {
	switch code := answer.StatusCode; {
	case s.isSuccess(answer):
		return s.accept(answer)
	case code == http.StatusNotModified && known != nil:
		return meterOf(answer.Request.Context()).read(len(known.body))
	case code/100 == 3 && answer.Header.Get("Location") != "":
		return nil
	}
	what := statusOf(answer.Response)
	if message := s.message(answer); message != "" {
		what += " (" + message + ")"
	}
	return &Error{What: what, Kind: s.kindOf(answer)}
}

// isSuccess reports whether a status says that all went well: 200 of what was
// read, and any 2xx of what was written, but for the one with which Azure DevOps
// shows a page to sign in.
func (s *strict) isSuccess(answer *Answer) bool {
	if s.dialect.isQuestion(answer.Request) {
		return answer.StatusCode == http.StatusOK
	}
	return answer.StatusCode/100 == 2 && answer.StatusCode != http.StatusNonAuthoritativeInfo
}

// accept judges what a success says. What was written may be answered without a
// word.
func (s *strict) accept(answer *Answer) error {
	accepts, wanted := isJSON, "JSON"
	if s.dialect.Accepts != nil {
		accepts, wanted = s.dialect.Accepts, "what was asked for"
	}
	silent := len(bytes.TrimSpace(answer.Text)) == 0 && !s.dialect.isQuestion(answer.Request)
	if silent || accepts(answer.Header, answer.Text) {
		return nil
	}
	kind := ErrInvalidAnswer
	if isNull(answer.Text) {
		kind = ErrNull
	}
	return &Error{What: fmt.Sprintf("%s with %s instead of %s", statusOf(answer.Response), describe(answer), wanted), Kind: kind}
}

func (s *strict) kindOf(answer *Answer) error {
	var meant error
	if s.dialect.Means != nil {
		meant = s.dialect.Means(answer.Text)
	}
	switch {
	case isRefusal(answer.Response), errors.Is(meant, ErrTooOften):
		return &RateLimited{Until: s.pools.limits.until(answer.Header)}
	case meant != nil:
		return meant
	default:
		return KindOf(answer.StatusCode)
	}
}

// message returns what a forge says itself about an error, where its
// documentation says that it does.
func (s *strict) message(answer *Answer) string {
	if s.dialect.Says == nil || !ClaimsJSON(answer.Header) {
		return ""
	}
	return s.config.Redact(s.dialect.Says(answer.Text), answer.Request)
}

// Do asks or tells somebody of whom there is no well-kept library, and reads the
// JSON of the answer; into is nil where nothing is expected of it.
func Do(client *http.Client, req *http.Request, into any) (http.Header, error) {
	resp, err := client.Do(req) //nolint:gosec // the client looks at each address that it dials
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it is in memory
	if into == nil {
		return resp.Header, nil
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return nil, &Error{What: statusOf(resp) + " with other JSON than was asked for", Kind: ErrInvalidAnswer}
	}
	return resp.Header, nil
}

func statusOf(resp *http.Response) string {
	return fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
}
