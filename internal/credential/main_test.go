package credential_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"sync/atomic"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/cache"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/test/apiserver"
	"github.com/eddy-previews/eddy/test/forge"
)

var server *apiserver.Server

// authority is trusted by this process as those of the system are.
var authority *forge.Authority

func TestMain(m *testing.M) {
	if err := trustAuthority(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := outside.start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(apiserver.Main(m, &server))
}

// outside is the proxy of the operator itself, which a process reads from its
// environment once: it leads to that of the test that runs.
var outside gateway

// gateway passes connections on.
type gateway struct{ to atomic.Pointer[url.URL] }

func (g *gateway) start() error {
	var listen net.ListenConfig
	listener, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			go g.pass(in)
		}
	}()
	return os.Setenv("HTTPS_PROXY", "http://flux:"+forge.Token+"@"+listener.Addr().String())
}

func (g *gateway) pass(in net.Conn) {
	defer in.Close() //nolint:errcheck // a test is over
	var dialer net.Dialer
	out, err := dialer.DialContext(context.Background(), "tcp", g.to.Load().Host)
	if err != nil {
		return
	}
	defer out.Close()                       //nolint:errcheck // a test is over
	go func() { _, _ = io.Copy(out, in) }() // it ends when the other one does
	_, _ = io.Copy(in, out)
}

func trustAuthority() (err error) {
	if authority, err = forge.NewAuthority(); err != nil {
		return err
	}
	file, err := os.CreateTemp("", "authority-*.pem")
	if err != nil {
		return err
	}
	_, err = file.Write(authority.PEM)
	return errors.Join(err, file.Close(), os.Setenv("SSL_CERT_FILE", file.Name()))
}

// bench is a reader over a real API server, with a namespace of its own.
type bench struct {
	*credential.Reader
	t         *testing.T
	namespace string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	tokens, err := cache.NewTokenCache(10)
	if err != nil {
		t.Fatal(err)
	}
	namespace := server.Namespace(t)
	return &bench{t: t, namespace: namespace, Reader: &credential.Reader{Client: server.Client, Tokens: tokens}}
}

func (b *bench) create(object client.Object) {
	b.t.Helper()
	object.SetNamespace(b.namespace)
	if err := server.Client.Create(context.Background(), object); err != nil {
		b.t.Fatal(err)
	}
}

// secret makes a Secret of texts.
func (b *bench) secret(name string, texts map[string]string) *meta.LocalObjectReference {
	b.t.Helper()
	b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: texts})
	return &meta.LocalObjectReference{Name: name}
}

// provider returns one that is not in the cluster: a reader needs but its spec.
func (b *bench) provider(spec v1.ResourceSetInputProviderSpec) *v1.ResourceSetInputProvider {
	return &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: b.namespace}, Spec: spec}
}

// list reads a provider's credentials and lists what it watches with them.
func (b *bench) list(provider *v1.ResourceSetInputProvider) ([]source.Item, error) {
	config, err := b.Config(context.Background(), credential.Of(provider))
	if err != nil {
		return nil, err
	}
	opened, err := source.New(config)
	if err != nil {
		return nil, err
	}
	return opened.List(context.Background(), source.Query{})
}

// want lists as many things as are expected.
func (b *bench) want(provider *v1.ResourceSetInputProvider, count int) {
	b.t.Helper()
	items, err := b.list(provider)
	if err != nil || len(items) != count {
		b.t.Fatalf("listed %d, want %d: %v", len(items), count, err)
	}
}
