package transport

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"testing"
	"time"
)

func TestTheWayOfAllOutlastsThoseThatAreMade(t *testing.T) {
	clients := NewPools(time.Now, LocalNetworks())
	direct := clients.ways.of(Config{})
	own := clients.ways.of(Config{TLS: &tls.Config{ServerName: "own.example.com", MinVersion: tls.VersionTLS12}})
	for n := range 3 * maxWays {
		clients.ways.of(Config{Proxy: &url.URL{Scheme: "http", Host: fmt.Sprintf("proxy-%d.example.com", n)}})
	}
	if clients.ways.of(Config{}) != direct {
		t.Error("the way of all was forgotten")
	}
	if len(clients.ways.known) > maxWays {
		t.Errorf("%d ways are kept", len(clients.ways.known))
	}
	if clients.ways.of(Config{TLS: own.tls}) == own {
		t.Error("nothing was forgotten")
	}
}
