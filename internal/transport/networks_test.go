package transport

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestAnAddressIsJudgedByWhatItStandsFor(t *testing.T) {
	kinds := map[string][]string{
		publicNetwork:  {"140.82.121.4", "2606:50c0::1", "::ffff:140.82.121.4", "64:ff9b::8c52:7904", "2002:8c52:7904::1"},
		privateNetwork: {"10.0.0.1", "172.16.3.4", "192.168.1.1", "100.64.0.1", "fd12::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "fec0::1"},
		loopbackNetwork: {
			"127.0.0.1", "127.8.9.1", "::1", "0.0.0.0", "0.1.2.3", "::", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "64:ff9b:1::7f00:1",
		},
		elsewhere: {
			"169.254.169.254", "169.254.170.2", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fd20:ce::254", "168.63.129.16", "100.100.100.200", "192.0.0.192",
			"::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "224.0.0.1", "255.255.255.255", "240.0.0.1", "ff02::1",
		},
	}
	for kind, addresses := range kinds {
		for _, address := range addresses {
			allowed := DefaultNetworks().check(netip.MustParseAddr(address))
			if got := kindOf(behind(netip.MustParseAddr(address).WithZone("").Unmap())); got != kind {
				t.Errorf("%s is %s, want %s", address, got, kind)
			}
			if (allowed == nil) != (kind == publicNetwork || kind == privateNetwork) {
				t.Errorf("%s: %v", address, allowed)
			}
			if allowed != nil && !strings.Contains(allowed.Error(), netip.MustParseAddr(address).String()) {
				t.Errorf("%s is not named: %v", address, allowed)
			}
		}
	}
}

func TestRangesAreAllowedAndLeftOut(t *testing.T) {
	networks, err := ParseNetworks([]string{"public", "10.1.0.0/16", "!10.1.2.0/24", "!198.51.100.0/24", "169.254.20.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	for address, allowed := range map[string]bool{
		"140.82.121.4": true, "10.1.3.4": true, "10.1.2.4": false, "10.2.0.1": false, "198.51.100.7": false, "169.254.20.10": true, "169.254.169.254": false, "::ffff:10.1.2.4": false,
	} {
		if err := networks.check(netip.MustParseAddr(address)); (err == nil) != allowed {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, word := range []string{"", "all", "10.1.0.0", "!public", "10.1.0.0/33"} {
		if _, err := ParseNetworks([]string{word}); err == nil || !strings.Contains(err.Error(), "10.1.0.0/16") {
			t.Errorf("%q: %v", word, err)
		}
	}
}

// The operator's own proxy may be anywhere; what is asked for through it may not.
func TestWhatIsAskedThroughTheOperatorsProxyIsLookedAtBefore(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked++ }))
	t.Cleanup(server.Close)
	proxy, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	route := newRoute(Config{}, DefaultNetworks())
	route.proxied.Proxy = http.ProxyURL(proxy)
	for at, allowed := range map[string]bool{
		"http://140.82.121.4/": true, "http://forge.invalid/": true,
		"http://169.254.169.254/": false, "http://2852039166/": false, "http://0x7f.1/": false, "http://127.1/": false, "http://169.254.169.②⑤④/": false, "http://0x7f000001/": false, "http://localhost/": false, "http://[fe80::1]/": false,
	} {
		before := asked
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, at, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := route.RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close() // there is nothing in it
		}
		if (err == nil) != allowed || (asked > before) != allowed {
			t.Errorf("%s: %v", at, err)
		}
	}
}
