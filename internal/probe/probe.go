// Package probe asks a URL whether it answers, as whoever opens a preview would.
//
//	err := probe.Prober{Transport: networks.Transport()}.Ask(ctx, "https://api-7.preview.example.com", request)
//	// nil, or why it does not answer: "it answers 404"
//
// The URL may come from an Ingress that a pull request has written. So it is asked
// with no credentials and no cookies, only where the networks of the transport lead,
// which looks at each address as it is dialled, on few ports; nothing that it says
// is read or repeated but the status; and it is followed to no other host.
package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/eddy-previews/eddy/internal/transport"
)

// maxRedirects is how many redirects are followed.
const maxRedirects = 5

// Request is what to ask for.
type Request struct {
	// Path below the URL; the URL as it is when empty.
	Path string
	// Codes are the statuses that are an answer.
	Codes Codes
	// Timeout bounds one question.
	Timeout time.Duration
}

// Prober asks.
type Prober struct {
	// Transport goes where it may: that of a transport.Networks.
	Transport http.RoundTripper
	// AnyPort asks other ports than those of the web as well.
	AnyPort bool
}

// Ask asks once. The error says why there is no answer, in words for a person: they
// hold nothing of what the other side says but its status and its certificate.
func (p Prober) Ask(ctx context.Context, address string, request Request) error {
	target, err := p.target(address, request.Path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, request.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return fmt.Errorf("its URL is none: %w", err)
	}
	req.Header.Set("User-Agent", "eddy-probe")
	asking := http.Client{Transport: p.Transport, CheckRedirect: p.follow}
	response, err := asking.Do(req)
	if err != nil {
		return said(err, request.Timeout)
	}
	// The body may never end, and says nothing that is wanted: closing gives it up.
	_ = response.Body.Close()
	if elsewhere := response.Header.Get("Location"); isRedirect(response.StatusCode) && elsewhere != "" {
		return p.redirected(response, elsewhere)
	}
	if !request.Codes.Hold(response.StatusCode) {
		return fmt.Errorf("it answers %d", response.StatusCode)
	}
	return nil
}

// target is the URL to ask.
func (p Prober) target(address, path string) (*url.URL, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("its URL is none")
	}
	if err := p.check(target); err != nil {
		return nil, err
	}
	target.User = nil
	if path != "" {
		relative, err := url.Parse(path)
		if err != nil || relative.Host != "" || relative.Scheme != "" {
			return nil, fmt.Errorf("spec.readiness.probe.path %q is no path", path)
		}
		target = target.ResolveReference(relative)
	}
	return target, nil
}

// check refuses what is not the web.
func (p Prober) check(target *url.URL) error {
	if target.Scheme != "http" && target.Scheme != "https" || target.Hostname() == "" {
		return notAsked("its URL is not one of the web: http://… or https://…")
	}
	if port := target.Port(); !p.AnyPort && !slices.Contains([]string{"", "80", "443", "8080", "8443"}, port) {
		return notAsked(fmt.Sprintf("port %s is not asked: only 80, 443, 8080 and 8443 are", port))
	}
	return nil
}

// notAsked is why a URL is not asked.
type notAsked string

// Error returns why.
func (n notAsked) Error() string { return string(n) }

// follow goes on within the host that is asked. A redirect to another, as to a
// login, is an answer.
func (p Prober) follow(next *http.Request, asked []*http.Request) error {
	if next.URL.Hostname() != asked[0].URL.Hostname() {
		return http.ErrUseLastResponse
	}
	if len(asked) > maxRedirects {
		return errRedirects
	}
	return p.check(next.URL)
}

var errRedirects = fmt.Errorf("it redirects more than %d times", maxRedirects)

func isRedirect(status int) bool {
	return status >= 300 && status < 400 && status != http.StatusNotModified
}

// redirected judges a redirect that is not followed: to a name it is an answer, to an
// address it is nothing that a browser should be led to.
func (p Prober) redirected(response *http.Response, location string) error {
	target, err := response.Request.URL.Parse(location)
	if err != nil || (target.Scheme != "http" && target.Scheme != "https") {
		return errors.New("it redirects to what is not of the web")
	}
	if _, err := netip.ParseAddr(target.Hostname()); err == nil || !strings.Contains(target.Hostname(), ".") {
		return errors.New("it redirects to an address, or to a name of one machine")
	}
	return nil
}

// said puts into words why there was no answer.
func said(err error, timeout time.Duration) error {
	var (
		refused    *transport.Error
		host       x509.HostnameError
		authority  x509.UnknownAuthorityError
		invalid    x509.CertificateInvalidError
		target     notAsked
		name       *net.DNSError
		timedOut   interface{ Timeout() bool }
		connection syscall.Errno
	)
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, errRedirects):
		return errRedirects
	case errors.As(err, &host):
		return fmt.Errorf("its certificate is for %s", strings.Join(namesOf(host.Certificate), ", "))
	case errors.As(err, &authority):
		return errors.New("its certificate is signed by an authority that is not known")
	case errors.As(err, &invalid):
		return errors.New("its certificate is not valid, as when it has expired")
	case errors.As(err, &target):
		return fmt.Errorf("it redirects to where nobody is asked: %w", target)
	case strings.Contains(err.Error(), "HTTP response to HTTPS client"): // net/http has no type for it
		return errors.New("it does not speak TLS")
	case errors.As(err, &name):
		return errors.New("its name does not resolve")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timedOut) && timedOut.Timeout():
		return fmt.Errorf("it does not answer within %s", timeout)
	case errors.As(err, &connection):
		return errors.New(connection.Error())
	default:
		return errors.New("the connection ends without an answer")
	}
}

// namesOf are those of a certificate, a few of them.
func namesOf(certificate *x509.Certificate) []string {
	const few = 3
	names := certificate.DNSNames
	if len(names) == 0 {
		return []string{"no host"}
	}
	out := make([]string, 0, few)
	for _, name := range names[:min(len(names), few)] {
		out = append(out, fmt.Sprintf("%.80q", name))
	}
	return out
}
