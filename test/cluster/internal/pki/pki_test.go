package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"slices"
	"testing"

	"github.com/eddy-previews/eddy/test/cluster/internal/pki"
)

func TestServerIsTrustedUnderEachOfItsNames(t *testing.T) {
	authority := open(t, t.TempDir())
	pair, err := authority.Server("server", "localhost", "kubernetes.default.svc", "127.0.0.1", "10.96.0.1")
	if err != nil {
		t.Fatal(err)
	}
	cert := load(t, pair)
	for _, host := range []string{"localhost", "kubernetes.default.svc", "127.0.0.1", "10.96.0.1"} {
		if _, err := cert.Verify(x509.VerifyOptions{DNSName: host, Roots: pool(t, authority)}); err != nil {
			t.Errorf("as %s: %v", host, err)
		}
	}
	if err := cert.VerifyHostname("example.com"); err == nil {
		t.Error("it is trusted as example.com, which it is not")
	}
}

func TestClientCarriesUserAndGroups(t *testing.T) {
	authority := open(t, t.TempDir())
	pair, err := authority.Client("admin", "alice", "system:masters", "people")
	if err != nil {
		t.Fatal(err)
	}
	cert := load(t, pair)
	if cert.Subject.CommonName != "alice" {
		t.Errorf("user %q, want alice", cert.Subject.CommonName)
	}
	if groups := cert.Subject.Organization; !slices.Contains(groups, "system:masters") || !slices.Contains(groups, "people") {
		t.Errorf("groups %q, want system:masters and people", groups)
	}
	options := x509.VerifyOptions{Roots: pool(t, authority), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if _, err := cert.Verify(options); err != nil {
		t.Errorf("not trusted as a client: %v", err)
	}
}

// A system that was kept must accept the tokens and certificates it gave out.
func TestAuthorityAndKeysOutliveTheSystem(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	pair, err := first.Client("admin", "alice")
	if err != nil {
		t.Fatal(err)
	}
	key := signingKey(t, first)
	second := open(t, dir)
	if _, err := load(t, pair).Verify(x509.VerifyOptions{
		Roots: pool(t, second), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}); err != nil {
		t.Errorf("the authority that was opened again does not know its own: %v", err)
	}
	if signingKey(t, second) != key {
		t.Error("the signing key has changed")
	}
}

func TestKeysAreForTheirOwnerAlone(t *testing.T) {
	authority := open(t, t.TempDir())
	pair, err := authority.Client("admin", "alice")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the key's mode is %o, want 600", mode)
	}
}

func open(t *testing.T, dir string) *pki.Authority {
	t.Helper()
	authority, err := pki.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return authority
}

func load(t *testing.T, pair pki.Pair) *x509.Certificate {
	t.Helper()
	loaded, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Leaf
}

func pool(t *testing.T, authority *pki.Authority) *x509.CertPool {
	t.Helper()
	raw, err := os.ReadFile(authority.CA())
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		t.Fatal("the authority's certificate cannot be read")
	}
	return pool
}

func signingKey(t *testing.T, authority *pki.Authority) string {
	t.Helper()
	path, err := authority.SigningKey("service-accounts")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
