package forge

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Registry is a real registry behind TLS, with a token service in front of it
// and with pages, as registries have them in the cloud.
//
// https://distribution.github.io/distribution/spec/auth/token/
type Registry struct {
	// URL of the repository, as in spec.url.
	URL string
	// Host of the registry, with its port.
	Host string
	// Authority in PEM that its certificate is to be checked by.
	Authority []byte
	// Password that goes with the user flux; any other user is anonymous.
	Password string
	// Page is the most tags that a page holds.
	Page int

	inner http.Handler

	mu     sync.Mutex
	fault  Fault
	asked  []string
	issued int
}

// repository is its only one.
const repository = "/v2/acme/api"

// NewRegistry starts one, with the password Token.
func NewRegistry(t testing.TB) *Registry {
	t.Helper()
	r := &Registry{inner: registry.New(registry.Logger(log.New(io.Discard, "", 0))), Password: Token, Page: 100}
	server := r.serve(t)
	server.StartTLS()
	r.at(server)
	r.Authority = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return r
}

// NewPlainRegistry starts one for everybody, without TLS.
func NewPlainRegistry(t testing.TB) *Registry {
	t.Helper()
	r := &Registry{inner: registry.New(registry.Logger(log.New(io.Discard, "", 0))), Page: 100}
	server := r.serve(t)
	server.Start()
	r.at(server)
	return r
}

// serve returns a server that is not started yet.
func (r *Registry) serve(t testing.TB) *httptest.Server {
	server := httptest.NewUnstartedServer(r)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(server.Close)
	return server
}

func (r *Registry) at(server *httptest.Server) {
	r.Host = server.Listener.Addr().String()
	r.URL = "oci://" + r.Host + "/acme/api"
}

// Trust returns the pool with its authority.
func (r *Registry) Trust() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(r.Authority)
	return pool
}

// Push sets tags to a new image, one that has a digest of its own for each tag.
func (r *Registry) Push(t testing.TB, content string, tags ...string) {
	t.Helper()
	for _, tag := range tags {
		body := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"annotations":{"of":%q}}`, tag+content)
		if code, said := r.manage(http.MethodPut, tag, body); code != http.StatusCreated {
			t.Fatalf("pushing %s: %d %s", tag, code, said)
		}
	}
}

// PushImage sets a tag to an image, as a client does.
func (r *Registry) PushImage(t testing.TB, tag string, image v1.Image) {
	t.Helper()
	var plain []name.Option
	if r.Authority == nil {
		plain = append(plain, name.Insecure)
	}
	to, err := name.NewTag(strings.TrimPrefix(r.URL, "oci://")+":"+tag, plain...)
	if err != nil {
		t.Fatal(err)
	}
	trusting := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: r.Trust(), MinVersion: tls.VersionTLS12}}
	if err := remote.Write(to, image, remote.WithTransport(trusting), remote.WithAuth(&authn.Basic{Username: "flux", Password: r.Password})); err != nil {
		t.Fatal(err)
	}
}

// Digest is that of what a tag stands for; "" where there is none.
func (r *Registry) Digest(tag string) string {
	code, body := r.manage(http.MethodGet, tag, "")
	if code != http.StatusOK {
		return ""
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(body)))
}

// Delete takes a tag away.
func (r *Registry) Delete(t testing.TB, tag string) {
	t.Helper()
	if code, said := r.manage(http.MethodDelete, tag, ""); code != http.StatusAccepted {
		t.Fatalf("deleting %s: %d %s", tag, code, said)
	}
}

func (r *Registry) manage(method, tag, body string) (int, string) {
	req := httptest.NewRequest(method, repository+"/manifests/"+tag, strings.NewReader(body)) //nolint:noctx // it does not leave the process
	req.Header.Set("Content-Type", "application/vnd.oci.image.index.v1+json")
	recorder := httptest.NewRecorder()
	r.inner.ServeHTTP(recorder, req)
	return recorder.Code, recorder.Body.String()
}

// Break lets a fault answer from now on; nil mends it.
func (r *Registry) Break(fault Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = fault
}

// Asked returns how many requests there were whose method and path, as "HEAD /v2/",
// have a part in them.
func (r *Registry) Asked(part string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(r.asked), func(path string) bool { return !strings.Contains(path, part) }))
}

// ServeHTTP implements http.Handler.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.asked = append(r.asked, req.Method+" "+req.URL.Path)
	fault := r.fault
	r.mu.Unlock()
	switch {
	case fault != nil && fault(w, req):
	case req.URL.Path == "/token":
		r.token(w, req)
	case r.Password != "" && !strings.HasPrefix(req.Header.Get("Authorization"), "Bearer "+r.bearer()):
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="https://%s/token",service="registry",scope="repository:acme/api:pull"`, req.Host))
		registryError(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication required")
	case strings.HasSuffix(req.URL.Path, "/tags/list"):
		r.tags(w, req)
	default:
		r.inner.ServeHTTP(w, req)
	}
}

// bearer is what all tokens begin with.
func (r *Registry) bearer() string { return "token-for-" + r.Password[:4] + "-" }

// token issues a new token for the password, in either way that clients ask.
func (r *Registry) token(w http.ResponseWriter, req *http.Request) {
	_, password, _ := req.BasicAuth()
	if password != r.Password {
		registryError(w, http.StatusUnauthorized, "UNAUTHORIZED", "incorrect username or password")
		return
	}
	r.mu.Lock()
	r.issued++
	token := fmt.Sprint(r.bearer(), r.issued)
	r.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"token": token, "expires_in": 300})
}

// tags pages through what the registry lists.
func (r *Registry) tags(w http.ResponseWriter, req *http.Request) {
	recorder := httptest.NewRecorder()
	whole := req.Clone(req.Context())
	whole.URL.RawQuery = ""
	r.inner.ServeHTTP(recorder, whole)
	var list struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}
	if recorder.Code != http.StatusOK || json.Unmarshal(recorder.Body.Bytes(), &list) != nil {
		w.WriteHeader(recorder.Code)
		write(w, recorder.Body.String())
		return
	}
	_, size := query(req, "page", "n")
	after := req.URL.Query().Get("last")
	list.Tags = slices.DeleteFunc(list.Tags, func(tag string) bool { return tag <= after })
	if most := min(size, r.Page); len(list.Tags) > most {
		list.Tags = list.Tags[:most]
		next := url.Values{"last": {list.Tags[most-1]}, "n": {fmt.Sprint(most)}}
		w.Header().Set("Link", fmt.Sprintf(`<%s?%s>; rel="next"`, req.URL.Path, next.Encode()))
	}
	answer(w, http.StatusOK, list)
}

func registryError(w http.ResponseWriter, code int, kind, message string) {
	answer(w, code, map[string]any{"errors": []map[string]string{{"code": kind, "message": message}}})
}
