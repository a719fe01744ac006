package transport

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
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
	// publicOnly refuses all but public ones, whatever is allowed.
	publicOnly bool
}

// DefaultNetworks are the public and the private ones.
func DefaultNetworks() Networks { return Networks{kinds: []string{publicNetwork, privateNetwork}} }

// LocalNetworks are those of a person's own machine, loopback included.
func LocalNetworks() Networks {
	return Networks{kinds: []string{publicNetwork, privateNetwork, loopbackNetwork}}
}

// Public are those of them that are public.
func (n Networks) Public() Networks {
	n.publicOnly = true
	return n
}

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

// check refuses an address. One that stands for another one, as IPv6 has
// several, is judged as that.
func (n Networks) check(address netip.Addr) error {
	at := behind(address.WithZone("").Unmap())
	within := func(prefix netip.Prefix) bool { return prefix.Contains(at) }
	kind := kindOf(at)
	if n.publicOnly && kind != publicNetwork {
		return &Error{What: fmt.Sprintf("the address %s is %s", address, kind), Kind: ErrNetwork}
	}
	if !slices.ContainsFunc(n.denied, within) && (slices.Contains(n.kinds, kind) || slices.ContainsFunc(n.allowed, within)) {
		return nil
	}
	return &Error{What: fmt.Sprintf("the address %s is %s", address, kind), Kind: ErrNetwork}
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
