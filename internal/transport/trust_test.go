package transport_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestWhatIsHeardByOneTrustIsNotForAnother(t *testing.T) {
	asked, unchanged := 0, 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") != "" {
			unchanged++
		}
		_, _ = w.Write([]byte(`[]`)) // who has left, has left
	}))
	t.Cleanup(server.Close)
	trusts := func(more ...[]byte) *tls.Config {
		pool := x509.NewCertPool()
		pool.AddCert(server.Certificate())
		for _, one := range more {
			pool.AppendCertsFromPEM(one)
		}
		return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	authority, err := forge.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	shows := trusts()
	shows.Certificates = server.TLS.Certificates
	pools := transport.NewPools(time.Now, transport.LocalNetworks())
	for n, config := range []*tls.Config{trusts(), trusts(authority.PEM), shows} {
		mustAsk(t, transport.Config{URL: server.URL, TLS: config, Pools: pools})
		if asked != n+1 || unchanged != 0 {
			t.Errorf("after %d: asked %d times, %d of them whether something is new", n, asked, unchanged)
		}
	}
	mustAsk(t, transport.Config{URL: server.URL, TLS: trusts(), Pools: pools})
	if unchanged != 1 {
		t.Error("who trusts the same did not share what was heard")
	}
}
