package source

import (
	"cmp"
	"context"
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
)

// The words of ParseNetworks for kinds of addresses.
const (
	publicNetwork   = "public"
	privateNetwork  = "private"
	loopbackNetwork = "loopback"
	// elsewhere are addresses behind which there is no forge: those of a link,
	// where clouds give out credentials, of groups, and what is reserved.
	elsewhere = "link-local, multicast or reserved"
)

// Networks says which addresses may be asked for a provider. An address is
// looked at when it is dialled, so that a name may resolve to what it likes.
type Networks struct {
	kinds           []string
	allowed, denied []netip.Prefix
	// refusal says why an address is not asked, and what to do; nil is errNetwork.
	refusal error
}

// DefaultNetworks are the public and the private ones.
func DefaultNetworks() Networks { return Networks{kinds: []string{publicNetwork, privateNetwork}} }

// LocalNetworks are those of a person's own machine, loopback included.
func LocalNetworks() Networks {
	return Networks{kinds: []string{publicNetwork, privateNetwork, loopbackNetwork}}
}

// FetchNetworks are the public and the private ones, for addresses that a file of
// a stranger names.
func FetchNetworks() Networks {
	n := DefaultNetworks()
	n.refusal = errFetch
	return n
}

// Transport asks what may be asked, directly or through the proxy of the environment.
func (n Networks) Transport() http.RoundTripper { return newRoute(Config{}, n) }

// ParseNetworks reads the words public, private and loopback, ranges such as
// 10.1.0.0/16 that are allowed beside them, and ranges that are not, such as
// !10.96.0.0/12.
func ParseNetworks(words []string) (Networks, error) {
	var n Networks
	for _, word := range words {
		text, denied := strings.CutPrefix(strings.TrimSpace(word), "!")
		if !denied && slices.Contains([]string{publicNetwork, privateNetwork, loopbackNetwork}, text) {
			n.kinds = append(n.kinds, text)
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		switch {
		case err != nil:
			return Networks{}, fmt.Errorf("%q: give public, private, loopback, a range such as 10.1.0.0/16, or one that is left out such as !10.96.0.0/12", word)
		case denied:
			n.denied = append(n.denied, prefix.Masked())
		default:
			n.allowed = append(n.allowed, prefix.Masked())
		}
	}
	return n, nil
}

// errNetwork is an address that may not be asked.
var errNetwork = errors.New("providers may not reach it, unless the flag --provider-networks of the operator allows it")

// errFetch is an address that nothing is fetched from.
var errFetch = errors.New("nothing is fetched from there, as what only this machine reaches is nobody's base: copy it into the repository")

// refused returns why an address is not asked.
func (n Networks) refused(what string) error {
	return &answer{what: what, kind: cmp.Or(n.refusal, errNetwork)}
}

// check refuses an address. One that stands for another one, as IPv6 has
// several, is judged as that.
func (n Networks) check(address netip.Addr) error {
	at := behind(address.WithZone("").Unmap())
	within := func(prefix netip.Prefix) bool { return prefix.Contains(at) }
	kind := kindOf(at)
	if !slices.ContainsFunc(n.denied, within) && (slices.Contains(n.kinds, kind) || slices.ContainsFunc(n.allowed, within)) {
		return nil
	}
	return n.refused(fmt.Sprintf("the address %s is %s", address, kind))
}

// kindOf says what kind of an address it is.
func kindOf(at netip.Addr) string {
	within := func(prefix netip.Prefix) bool { return prefix.Contains(at) }
	switch {
	case at.IsLoopback(), at.IsUnspecified(), thisHost.Contains(at): // Linux takes 0.0.0.0 for itself
		return loopbackNetwork
	case slices.ContainsFunc(nowhere, within):
		return elsewhere
	case at.IsPrivate(), slices.ContainsFunc(shared, within):
		return privateNetwork
	default:
		return publicNetwork
	}
}

var (
	thisHost = netip.MustParsePrefix("0.0.0.0/8")
	// shared are addresses of networks that are nobody else's, beside RFC 1918.
	shared = prefixes("100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "fec0::/10")
	// nowhere are links, groups, what is reserved, and where the clouds keep the
	// credentials of a machine outside of its link.
	nowhere = prefixes(
		"169.254.0.0/16", "fe80::/10", "224.0.0.0/4", "ff00::/8", "240.0.0.0/4", "100::/64",
		"fd00:ec2::/32",      // AWS
		"fd20:ce::/32",       // Google Cloud
		"168.63.129.16/32",   // Azure
		"100.100.100.200/32", // Alibaba Cloud
		"192.0.0.192/32",     // Oracle Cloud
	)
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for n, text := range texts {
		out[n] = netip.MustParsePrefix(text)
	}
	return out
}

// embeddings are the ranges of IPv6 that stand for an address of IPv4, and where
// in them it stands.
var embeddings = []struct {
	prefix netip.Prefix
	from   int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},   // RFC 6052
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12}, // RFC 8215, as most write it
	{netip.MustParsePrefix("2002::/16"), 2},       // 6to4
}

// compatible is what IPv4 was written as long ago; ::1 and :: are in it too.
var compatible = netip.MustParsePrefix("::/96")

// behind returns the address of IPv4 that one of IPv6 stands for, or itself.
func behind(at netip.Addr) netip.Addr {
	if !at.Is6() {
		return at
	}
	bytes := at.As16()
	v4 := func(from int) netip.Addr { return netip.AddrFrom4([4]byte(bytes[from : from+4])) }
	for _, embedding := range embeddings {
		if embedding.prefix.Contains(at) {
			return v4(embedding.from)
		}
	}
	if compatible.Contains(at) && !at.IsLoopback() && !at.IsUnspecified() {
		return v4(12)
	}
	return at
}

// dialer connects to what may be asked and to nothing else. What is looked at
// is where the connection goes, after all names are resolved.
func (n Networks) dialer() *net.Dialer {
	return &net.Dialer{
		Timeout: 30 * time.Second, KeepAlive: 30 * time.Second,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return n.refused("the address " + address + " is none of the Internet's")
			}
			return n.check(at.Addr())
		},
	}
}

// checkName refuses a host that a proxy of the environment is to be asked for,
// which then dials: an address at once, a name by what it resolves to here. A
// name that only the proxy can resolve is for the proxy to judge.
func (n Networks) checkName(ctx context.Context, host string) error {
	if address, err := netip.ParseAddr(host); err == nil {
		return n.check(address)
	}
	if last := host[strings.LastIndex(strings.TrimSuffix(host, "."), ".")+1:]; last != "" && last[0] >= '0' && last[0] <= '9' {
		// No name ends in a number, and some read 0x7f000001 as an address.
		return n.refused(fmt.Sprintf("%q is neither a name nor an address", host))
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil // the proxy may know it
	}
	for _, address := range addresses {
		if err := n.check(address); err != nil {
			return err
		}
	}
	return nil
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

// newRoute connects directly, through the proxy of the configuration, or else
// through that of the environment.
func newRoute(config Config, networks Networks) *route {
	base := http.DefaultTransport.(*http.Transport).Clone() // it is one, unless a program replaced it
	base.TLSClientConfig = config.TLS.Clone()               // the transport adds protocols to its own
	base.MaxIdleConnsPerHost = maxIdlePerHost
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
