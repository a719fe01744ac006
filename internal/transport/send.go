package transport

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
)

// maxBody bounds one answer, in bytes.
const maxBody = 10 << 20

// Sender sends requests by the way of a configuration, and as often as who is
// asked wants it. NewClient is one that judges the answers as well; a Sender
// is for whom the answers are not all JSON.
type Sender struct {
	config Config
	way    *way
	pools  *Pools
	// Counts is who counts in the metrics, whomever they send their clients to;
	// the host of each request when empty.
	Counts Host
}

// NewSender returns what sends by the way of a configuration.
func NewSender(config Config) *Sender {
	pools := config.pools()
	return &Sender{config: config, way: pools.ways.of(config), pools: pools}
}

// Answer is what came back, whole. Its body was read.
type Answer struct {
	*http.Response
	// Text is the body.
	Text []byte

	who    caller
	limits *limits
}

// Send sends a request once, and reads the whole answer. An error says in words
// of our own what went wrong on the way.
func (s *Sender) Send(req *http.Request) (*Answer, error) {
	if err := s.config.MaySend(req.URL); err != nil {
		return nil, err
	}
	asker, err := s.asker(req)
	if err != nil {
		return nil, err
	}
	return s.exchange(req, caller{asker, Host(req.URL.Host)})
}

// MayDial refuses an address that may not be asked, for whom is told one before it
// is dialled.
func (s *Sender) MayDial(address netip.Addr) error { return s.pools.ways.networks.check(address) }

func (s *Sender) asker(req *http.Request) (Asker, error) {
	return askerOf(req.Context(), s.config, s.way)
}

func (s *Sender) exchange(req *http.Request, who caller) (*Answer, error) {
	if err := s.pools.limits.wait(req.Context(), who); err != nil {
		return nil, err
	}
	counted := who.About
	if s.Counts != "" {
		counted = s.Counts
	}
	resp, err := who.way.route.RoundTrip(req)
	s.pools.calls.count(counted, resp)
	if err != nil {
		return nil, unreached(err)
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, err
	}
	return &Answer{Response: resp, Text: body, who: who, limits: s.pools.limits}, meterOf(req.Context()).read(len(body))
}

// Obey takes notice of what an answer says about limits. The error is a
// RateLimited where the answer is a refusal for that reason.
func (a *Answer) Obey() error {
	if !isRefusal(a.Response) {
		a.limits.read(a.who, a.Header, nil)
		return nil
	}
	refusal := &Error{What: statusOf(a.Response), Kind: &RateLimited{Until: a.limits.until(a.Header)}}
	a.limits.read(a.who, a.Header, refusal)
	return refusal
}

// readAll reads an answer and closes it.
func readAll(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	closeErr := resp.Body.Close()
	if err = errors.Join(err, closeErr); err != nil {
		why := unreached(err)
		var said *Error
		if errors.As(why, &said) {
			return nil, &Error{What: "the answer ended early: " + strings.TrimSuffix(said.What, "the answer is not HTTP"), Kind: ErrInvalidAnswer}
		}
		return nil, why
	}
	if len(body) > maxBody {
		return nil, &Error{What: "the answer is larger than 10 MiB", Kind: ErrInvalidAnswer}
	}
	return body, checkDecoded(body)
}
