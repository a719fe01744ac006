package registry_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/eddy-previews/eddy/internal/registry"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// distribution is the registry of the distribution project, over TLS.
type distribution struct {
	host string
	// identity is its certificate, which it issued to itself, and which signs tokens.
	identity tls.Certificate
	roots    *x509.CertPool
}

// program is that of the local system, which `make test` builds.
func program(t *testing.T) string {
	t.Helper()
	cluster := os.Getenv("EDDY_CLUSTER")
	if testing.Short() {
		t.Skip("builds a registry")
	}
	if cluster == "" {
		t.Skip("EDDY_CLUSTER is not set: make test sets it")
	}
	root, err := exec.CommandContext(t.Context(), cluster, "build", "--only", "rest").Output() //nolint:gosec // make test says which program it is
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "registry-*", "registry"))
	if err != nil || len(found) == 0 {
		t.Fatalf("there is no registry: %v", err)
	}
	return found[len(found)-1]
}

// start runs one with a way to log in, as its configuration has it.
func start(t *testing.T, auth func(d *distribution, dir string) string) *distribution {
	t.Helper()
	path, dir := program(t), t.TempDir()
	d := &distribution{host: free(t)}
	d.identify(t, dir)
	config := fmt.Sprintf(`version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: %q}}
http: {addr: %q, tls: {certificate: %q, key: %q}}
auth: %s
`, filepath.Join(dir, "data"), d.host, filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"), auth(d, dir))
	write(t, dir, "config.yml", []byte(config))
	running := exec.CommandContext(t.Context(), path, "serve", filepath.Join(dir, "config.yml"))
	running.Env = append(os.Environ(), "OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER=none", "OTEL_LOGS_EXPORTER=none")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() //nolint:errcheck // the registry has it open itself
	running.Stderr = log
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = running.Process.Kill() // it may have ended
		_ = running.Wait()
	})
	for range 300 {
		there, err := net.DialTimeout("tcp", d.host, time.Second) //nolint:noctx // it is on this machine
		if err == nil {
			_ = there.Close() // it was only to see
			return d
		}
		time.Sleep(50 * time.Millisecond)
	}
	said, _ := os.ReadFile(log.Name()) // it was written here
	t.Fatalf("the registry does not listen: %s", said)
	return nil
}

func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close() //nolint:errcheck // nobody has connected
	return listener.Addr().String()
}

// identify makes its certificate.
func (d *distribution) identify(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "registry"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	write(t, dir, "tls.crt", certificate)
	write(t, dir, "tls.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	d.identity = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	d.roots = x509.NewCertPool()
	d.roots.AppendCertsFromPEM(certificate)
}

func write(t *testing.T, dir, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// byPassword lets the user flux in with the password of the fakes.
func byPassword(t *testing.T) func(*distribution, string) string {
	return func(_ *distribution, dir string) string {
		write(t, dir, "htpasswd", []byte("flux:$2a$04$sfwusWnjMNkcnIf1lfUGRuc3qSaZuJO35z2FHp6Mr1aVXTDGCRNNO\n"))
		return fmt.Sprintf("{htpasswd: {realm: test, path: %q}}", filepath.Join(dir, "htpasswd"))
	}
}

// byToken lets in who has a token, which that user gets from another host.
//
// https://distribution.github.io/distribution/spec/auth/jwt/
func byToken(t *testing.T) func(*distribution, string) string {
	return func(d *distribution, dir string) string {
		server := httptest.NewUnstartedServer(http.HandlerFunc(d.token))
		server.TLS = &tls.Config{Certificates: []tls.Certificate{d.identity}, MinVersion: tls.VersionTLS12}
		server.StartTLS()
		t.Cleanup(server.Close)
		return fmt.Sprintf("{token: {realm: %q, service: registry, issuer: test, rootcertbundle: %q}}", strings.Replace(server.URL, "127.0.0.1", "localhost", 1)+"/token", filepath.Join(dir, "tls.crt"))
	}
}

// token issues one for what is asked for.
func (d *distribution) token(w http.ResponseWriter, r *http.Request) {
	if _, password, _ := r.BasicAuth(); password != forge.Token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	access := []any{}
	for _, scope := range r.URL.Query()["scope"] {
		if parts := strings.Split(scope, ":"); len(parts) == 3 {
			access = append(access, map[string]any{"type": parts[0], "name": parts[1], "actions": strings.Split(parts[2], ",")})
		}
	}
	issued := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": "test", "sub": "flux", "aud": "registry", "exp": time.Now().Add(time.Minute).Unix(), "nbf": time.Now().Add(-time.Minute).Unix(), "access": access,
	})
	issued.Header["x5c"] = []string{base64.StdEncoding.EncodeToString(d.identity.Certificate[0])}
	signed, err := issued.SignedString(d.identity.PrivateKey)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"token": %q, "expires_in": 60}`, signed) // the client has gone, or it gets it
}

// as opens its repository with a password.
func (d *distribution) as(t *testing.T, password string) *registry.Repository {
	t.Helper()
	return openWith(t, registry.Config{
		Config:   transport.Config{URL: "oci://" + d.host + "/acme/api", TLS: &tls.Config{RootCAs: d.roots, MinVersion: tls.VersionTLS12}},
		Keychain: login(password),
	})
}

// push pushes an image of linux/arm64 that says of which commit it is, and returns its
// digest.
func (d *distribution) push(t *testing.T, tag, commit string) string {
	t.Helper()
	image, err := random.Image(100, 1)
	if err != nil {
		t.Fatal(err)
	}
	image, err = mutate.ConfigFile(image, &v1.ConfigFile{OS: "linux", Architecture: "arm64", Config: v1.Config{Labels: map[string]string{registry.RevisionLabel: commit}}})
	if err != nil {
		t.Fatal(err)
	}
	to, err := name.NewTag(d.host + "/acme/api:" + tag)
	if err != nil {
		t.Fatal(err)
	}
	trusting := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: d.roots, MinVersion: tls.VersionTLS12}}
	if err := remote.Write(to, image, remote.WithTransport(trusting), remote.WithAuth(&authn.Basic{Username: "flux", Password: forge.Token})); err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

func TestARealRegistryIsAskedForAnImageWithAPasswordAndWithATokenOfAnotherHost(t *testing.T) {
	for way, auth := range map[string]func(*testing.T) func(*distribution, string) string{"password": byPassword, "token": byToken} {
		t.Run(way, func(t *testing.T) {
			d, ctx := start(t, auth(t)), context.Background()
			ours := d.as(t, forge.Token)
			for _, wanted := range []registry.Wanted{{}, {Again: true}, {Revision: true}} {
				if found, err := ours.Image(ctx, "c0ffee", wanted); !errors.Is(err, registry.ErrNoTag) {
					t.Errorf("before it is pushed: %+v, %v", found, err)
				}
			}
			digest := d.push(t, "c0ffee", "c0ffee0000")
			for _, wanted := range []registry.Wanted{{}, {Again: true}, {Revision: true, Platforms: []string{"linux/arm64", "linux/amd64"}}} {
				found, err := ours.Image(ctx, "c0ffee", wanted)
				if err != nil || found.Digest != digest || wanted.Revision && (found.Revisions[0] != "c0ffee0000" || strings.Join(found.Lacking, " ") != "linux/amd64") {
					t.Errorf("%+v: %+v, %v, want %s", wanted, found, err, digest)
				}
			}
			if _, err := d.as(t, "wr0ng-s3cret").Image(ctx, "c0ffee", registry.Wanted{}); !errors.Is(err, transport.ErrUnauthorized) || strings.Contains(err.Error(), "wr0ng") {
				t.Errorf("with a wrong password: %v", err)
			}
		})
	}
}
