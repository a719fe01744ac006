package forge

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Authority issues certificates for any name. A program that trusts it can be
// led to a test in the place of the host that it asks for.
type Authority struct {
	// PEM of its own certificate.
	PEM []byte

	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority returns a new one.
func NewAuthority() (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &Authority{key: key, certificate: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}}
	der, err := x509.CreateCertificate(rand.Reader, a.certificate, a.certificate, &key.PublicKey, key)
	a.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a, err
}

// issue makes the certificate for the host that a client says it asks for.
func (a *Authority) issue(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{hello.ServerName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}, a.certificate, &a.key.PublicKey, a.key)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}, err
}

// Internet is a proxy behind which the hosts are those of a test. It wants the
// user flux and the password Token.
type Internet struct {
	// URL of the proxy.
	URL string

	hosts  map[string]http.Handler
	secure string // address of the server that answers for all hosts

	mu    sync.Mutex
	asked map[string]int
}

// NewInternet starts one.
func NewInternet(t testing.TB, authority *Authority, hosts map[string]http.Handler) *Internet {
	t.Helper()
	i := &Internet{hosts: hosts, asked: map[string]int{}}
	secure := httptest.NewUnstartedServer(http.HandlerFunc(i.answer))
	secure.TLS = &tls.Config{GetCertificate: authority.issue, MinVersion: tls.VersionTLS12}
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	secure.TLS.Certificates = nil // that of httptest
	i.secure = secure.Listener.Addr().String()
	proxy := httptest.NewServer(http.HandlerFunc(i.proxy))
	t.Cleanup(func() {
		secure.CloseClientConnections()
		secure.Close()
		proxy.Close()
	})
	i.URL = proxy.URL
	return i
}

// Asked returns how many requests a host got.
func (i *Internet) Asked(host string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[host]
}

// answer is what the hosts say.
func (i *Internet) answer(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.asked[r.Host]++
	host := i.hosts[r.Host]
	i.mu.Unlock()
	if host == nil {
		http.Error(w, "there is no host "+r.Host, http.StatusBadGateway)
		return
	}
	host.ServeHTTP(w, r)
}

// proxy forwards plain requests, and connects to the hosts for others.
func (i *Internet) proxy(w http.ResponseWriter, r *http.Request) {
	user, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
	switch {
	case user != "flux" || password != Token:
		w.Header().Set("Proxy-Authenticate", `Basic realm="proxy"`)
		http.Error(w, "who is there?", http.StatusProxyAuthRequired)
	case r.Method != http.MethodConnect:
		i.answer(w, r)
	default:
		i.connect(w)
	}
}

func (i *Internet) connect(w http.ResponseWriter) {
	there, err := net.Dial("tcp", i.secure) //nolint:noctx // it ends with the test
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close() // the proxy has failed already
		return
	}
	pipe := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // until either side has had enough
		_, _ = to.Close(), from.Close()
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n") // the client has gone, or it gets it
	go pipe(there, here)
	go pipe(here, there)
}
