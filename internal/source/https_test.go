package source_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// both speaks TLS and plain HTTP on one port, as a host does on 443 and 80.
type both struct {
	net.Listener
	secure *tls.Config
}

type peeked struct {
	net.Conn
	ahead *bufio.Reader
}

func (p *peeked) Read(into []byte) (int, error) { return p.ahead.Read(into) }

func (b *both) Accept() (net.Conn, error) {
	conn, err := b.Listener.Accept()
	if err != nil {
		return nil, err
	}
	p := &peeked{conn, bufio.NewReader(conn)}
	if first, err := p.ahead.Peek(1); err == nil && first[0] == 0x16 {
		return tls.Server(p, b.secure), nil
	}
	return p, nil
}

// twoFaced starts a host that answers encrypted by one handler, and counts who
// asks it in the clear.
func twoFaced(t *testing.T, secure http.HandlerFunc) (address string, trust *tls.Config, clear *atomic.Int32) {
	t.Helper()
	certificates := httptest.NewTLSServer(nil)
	t.Cleanup(certificates.Close)
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	clear = &atomic.Int32{}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil {
			clear.Add(1)
			return
		}
		secure(w, r)
	})}
	go func() { _ = server.Serve(&both{listener, certificates.TLS}) }() // until it is closed
	t.Cleanup(func() { _ = server.Close() })
	pool := x509.NewCertPool()
	pool.AddCert(certificates.Certificate())
	return listener.Addr().String(), &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, clear
}

func TestNobodyIsLedFromHTTPSToHTTP(t *testing.T) {
	for kind, path := range kinds {
		for _, code := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
			t.Run(fmt.Sprint(kind, code), func(t *testing.T) {
				at, trust, clear := twoFaced(t, func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, "http://"+r.Host+r.URL.String(), code) //nolint:gosec // that it is followed nowhere is the test
				})
				login := transport.Credentials{Username: "u", Password: "s3cret-token"}
				config := source.Config{Type: kind, URL: "https://" + at + path, Credentials: login, TLS: trust}
				if _, err := openWith(t, config).List(context.Background(), source.Query{}); err == nil || clear.Load() != 0 {
					t.Errorf("asked %d times in the clear: %v", clear.Load(), err)
				}
			})
		}
	}
}

func TestARegistryThatSpeaksTLSSendsNobodyToPlainHTTP(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+r.Host+r.URL.String(), http.StatusTemporaryRedirect) //nolint:gosec // as above
		},
		"where to log in": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		},
	} {
		t.Run(name, func(t *testing.T) {
			at, trust, clear := twoFaced(t, answer)
			config := source.Config{Type: v1.InputProviderOCIArtifactTag, URL: "oci://" + at + "/a/b", Registry: login("s3cret-password"), TLS: trust}
			if _, err := openWith(t, config).List(context.Background(), source.Query{}); err == nil || clear.Load() != 0 {
				t.Errorf("asked %d times in the clear: %v", clear.Load(), err)
			}
		})
	}
}

func TestARedirectOfAManifestToAnotherHostIsRefused(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/" {
			http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect) //nolint:gosec // as above
		}
	}))
	t.Cleanup(registry.Close)
	config := source.Config{Type: v1.InputProviderOCIArtifactTag, URL: "oci://" + registry.Listener.Addr().String() + "/a/b", Insecure: true}
	repository := openWith(t, config)
	_, listed := repository.List(context.Background(), source.Query{})
	_, found := repository.Lookup(context.Background(), "latest")
	for _, err := range []error{listed, found} {
		if !errors.Is(err, transport.ErrUnauthorized) || !strings.Contains(err.Error(), "redirected to "+other.URL) || elsewhere != 0 {
			t.Errorf("asked elsewhere %d times: %v", elsewhere, err)
		}
	}
}

func TestTheTokenOfAnIdentityGoesToTheServiceOfItsCloudAlone(t *testing.T) {
	for kind, urls := range map[string]map[string]bool{
		v1.InputProviderAzureDevOpsPullRequest: {
			"https://dev.azure.com/o/p/_git/r": true, "https://acme.visualstudio.com/p/_git/r": true, "https://DEV.azure.com/o/p/_git/r": true,
			"http://dev.azure.com/o/p/_git/r": false, "https://azure.example.com/c/p/_git/r": false, "https://dev.azure.com.example.com/o/p/_git/r": false,
			"https://dev.azure.com:8443/o/p/_git/r": false, "https://visualstudio.com.example.com/o/p/_git/r": false,
		},
		v1.InputProviderACRArtifactTag: {"oci://acme.azurecr.io/a": true, "oci://acme.azurecr.io.example.com/a": false, "oci://acme.azurecr.io:5000/a": false},
		v1.InputProviderGARArtifactTag: {"oci://europe-docker.pkg.dev/p/r/a": true, "oci://eu.gcr.io/p/a": true, "oci://pkg.dev.example.com/a": false},
		v1.InputProviderECRArtifactTag: {"oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/a": true, "oci://public.ecr.aws/a/b": true, "oci://amazonaws.com.example.com/a": false},
	} {
		for at, allowed := range urls {
			_, err := source.New(source.Config{Type: kind, URL: at, Credentials: transport.Credentials{Token: "of-the-operator"}, Registry: login("x")})
			if (err == nil) != allowed || err != nil && !errors.Is(err, source.ErrSpec) {
				t.Errorf("%s: %v", at, err)
			}
		}
	}
}
