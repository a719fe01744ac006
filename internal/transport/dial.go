package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/idna"
)

// dialer connects to what may be asked and to nothing else. What is looked at
// is where the connection goes, after all names are resolved.
func (n Networks) dialer() *net.Dialer {
	return &net.Dialer{
		Timeout: 30 * time.Second, KeepAlive: 30 * time.Second,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return &Error{What: "the address " + address + " is none of the Internet's", Kind: ErrNetwork}
			}
			return n.check(at.Addr())
		},
	}
}

// checkName refuses a host that a proxy of the environment is to be asked for,
// which then dials: an address at once, a name by what it resolves to here. A
// name that only the proxy can resolve is for the proxy to judge.
func (n Networks) checkName(ctx context.Context, host string) error {
	host = ASCII(host)
	if address, err := netip.ParseAddr(host); err == nil {
		return n.check(address)
	}
	if IsAddress(host) {
		return &Error{What: fmt.Sprintf("%q is neither a name nor an address", host), Kind: ErrNetwork}
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil //nolint:nilerr // the proxy may know it
	}
	for _, address := range addresses {
		if err := n.check(address); err != nil {
			return err
		}
	}
	return nil
}

// IsAddress reports whether a host is no name: an address, or what somebody reads as
// one. No name ends in a number, and browsers read 0x7f.1 as 127.0.0.1.
func IsAddress(host string) bool {
	host = strings.TrimSuffix(ASCII(host), ".")
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	last := host[strings.LastIndex(host, ".")+1:]
	return last != "" && last[0] >= '0' && last[0] <= '9'
}

// ASCII is a host as whoever connects reads it: 127.0.0.①, whose last digit is in a
// circle, is 127.0.0.1. What cannot be mapped stays as it is.
func ASCII(host string) string {
	mapped, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return host
	}
	return mapped
}

// Transport asks what may be asked, directly or through the proxy of the
// environment. What goes wrong is in the words of Go, but for an address that may
// not be asked.
func (n Networks) Transport() http.RoundTripper { return newRoute(Config{}, n) }

// Reaching is Transport for questions that stand alone: it keeps no connection open,
// trusts as it is told, and connects to one HOST:PORT whatever it is asked for, where
// that is given. Then no proxy stands between.
func (n Networks) Reaching(to string, trust *tls.Config) http.RoundTripper {
	r := newRoute(Config{TLS: trust}, n)
	r.guarded.DisableKeepAlives, r.proxied.DisableKeepAlives = true, true
	if to != "" {
		dial := n.dialer().DialContext
		r.guarded.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) { return dial(ctx, network, to) }
		r.proxied = nil
	}
	return r
}

// route takes a provider's requests to where they may go.
type route struct {
	networks Networks
	// guarded dials what may be asked: a forge, or the provider's own proxy.
	guarded *http.Transport
	// proxied goes through the proxy of the environment, which is the
	// administrator's and may be anywhere; nil where the provider has its own.
	proxied *http.Transport
}

// maxHeaders bounds the headers of an answer, in bytes: bodies have bounds of their own, and
// Go would read 10 MiB of headers. What forges and registries send is a few KiB.
const maxHeaders = 256 << 10

// newRoute connects directly, through the proxy of the configuration, or else
// through that of the environment.
func newRoute(config Config, networks Networks) *route {
	base := http.DefaultTransport.(*http.Transport).Clone() // it is one, unless a program replaced it
	base.TLSClientConfig = config.TLS.Clone()               // the transport adds protocols to its own
	base.MaxIdleConnsPerHost = maxIdlePerHost
	base.MaxResponseHeaderBytes = maxHeaders
	r := &route{networks: networks, guarded: base.Clone()}
	r.guarded.Proxy = nil
	r.guarded.DialContext = networks.dialer().DialContext
	if config.Proxy != nil {
		r.guarded.Proxy = http.ProxyURL(config.Proxy)
		return r
	}
	base.Proxy = http.ProxyFromEnvironment
	r.proxied = base
	return r
}

// RoundTrip implements http.RoundTripper.
func (r *route) RoundTrip(req *http.Request) (*http.Response, error) {
	if r.proxied == nil {
		return r.guarded.RoundTrip(req)
	}
	var proxy *url.URL
	proxy, err := r.proxied.Proxy(req)
	if err != nil || proxy == nil {
		return r.guarded.RoundTrip(req)
	}
	if err := r.networks.checkName(req.Context(), req.URL.Hostname()); err != nil {
		return nil, err
	}
	return r.proxied.RoundTrip(req)
}

func (r *route) closeIdleConnections() {
	r.guarded.CloseIdleConnections()
	if r.proxied != nil {
		r.proxied.CloseIdleConnections()
	}
}
