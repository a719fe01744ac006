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
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
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
	// Headers are sent to the host of the URL, and not where it redirects to.
	Headers http.Header
}

// Prober asks.
type Prober struct {
	// Networks are where it may go, of By.
	Networks transport.Networks
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
		return failed(NotAsked, "its URL is none")
	}
	req.Header.Set("User-Agent", "eddy-probe")
	maps.Copy(req.Header, request.Headers)
	asking := http.Client{Transport: p.Transport, CheckRedirect: func(next *http.Request, asked []*http.Request) error {
		return p.follow(next, asked, request.Headers)
	}}
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
		return failed(OtherStatus, "it answers %d", response.StatusCode)
	}
	return nil
}

// target is the URL to ask.
func (p Prober) target(address, path string) (*url.URL, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, failed(NotAsked, "its URL is none")
	}
	if err := p.check(target); err != nil {
		return nil, err
	}
	target.User = nil
	if path != "" {
		relative, err := url.Parse(path)
		if err != nil || relative.Host != "" || relative.Scheme != "" {
			return nil, failed(NotAsked, "spec.readiness.probe.path %q is no path", path)
		}
		target = target.ResolveReference(relative)
	}
	return target, nil
}

// check refuses what is not the web.
func (p Prober) check(target *url.URL) error {
	if target.Scheme != "http" && target.Scheme != "https" || target.Hostname() == "" {
		return failed(NotAsked, "its URL is not one of the web: http://… or https://…")
	}
	return p.checkPort(target.Port())
}

// checkPort refuses a port that is not one of the web; none is that of the scheme.
func (p Prober) checkPort(port string) error {
	if !p.AnyPort && !slices.Contains([]string{"", "80", "443", "8080", "8443"}, port) {
		return failed(NotAsked, "port %s is not asked: only 80, 443, 8080 and 8443 are", port)
	}
	return nil
}

// follow goes on within the host that is asked. A redirect to another, as to a
// login, is an answer. Headers go on to the same server, or to the same host once it
// speaks TLS.
func (p Prober) follow(next *http.Request, asked []*http.Request, headers http.Header) error {
	first := asked[0].URL
	if next.URL.Hostname() != first.Hostname() {
		return http.ErrUseLastResponse
	}
	if len(asked) > maxRedirects {
		return errRedirects
	}
	sameServer := next.URL.Scheme == first.Scheme && next.URL.Port() == first.Port()
	speaksTLS := next.URL.Scheme == "https" && next.URL.Port() == "" && first.Port() == ""
	if !sameServer && !speaksTLS {
		for name := range headers {
			next.Header.Del(name)
		}
	}
	if err := p.check(next.URL); err != nil {
		return failed(NotAsked, "it redirects to where nobody is asked: %s", err)
	}
	return nil
}

var errRedirects = failed(Redirected, "it redirects more than %d times", maxRedirects)

func isRedirect(status int) bool {
	return status >= 300 && status < 400 && status != http.StatusNotModified
}

// redirected judges a redirect that is not followed: to a name it is an answer, to an
// address it is nothing that a browser should be led to.
func (p Prober) redirected(response *http.Response, location string) error {
	target, err := response.Request.URL.Parse(location)
	if err != nil || (target.Scheme != "http" && target.Scheme != "https") {
		return failed(Redirected, "it redirects to what is not of the web")
	}
	host := strings.TrimSuffix(transport.ASCII(target.Hostname()), ".")
	away := isLocalhost(host) && !isLocalhost(response.Request.URL.Hostname())
	if away || transport.IsAddress(host) || !strings.Contains(host, ".") {
		return failed(Redirected, "it redirects to an address, or to a name of one machine")
	}
	return nil
}

// isLocalhost reports whether browsers take a name for their own machine.
func isLocalhost(host string) bool { return strings.HasSuffix(strings.ToLower(host), ".localhost") }
