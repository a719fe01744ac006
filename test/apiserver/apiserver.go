// Package apiserver gives the tests of a package a real API server, with
// Eddy's kinds and those of Flux in it.
//
//	var server *apiserver.Server
//
//	func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }
//
// With -short there is none, and Require skips the test that asks for it.
package apiserver

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Server is a running API server.
type Server struct {
	Config *rest.Config
	// Client reads and writes directly, as an administrator.
	Client client.Client
	// Discovery tells what it serves.
	Discovery discovery.DiscoveryInterface
}

// Main runs the tests of a package with a server, and returns the exit code.
func Main(m *testing.M, server **Server) int {
	flag.Parse()
	if testing.Short() {
		return m.Run()
	}
	environment, err := start(server)
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting the API server:", err)
		return 1
	}
	code := m.Run()
	if err := environment.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stopping the API server:", err)
		return 1
	}
	return code
}

// Empty starts a server of a test's own, for that long. It knows the kinds of Flux, and
// not those of Eddy.
func Empty(t *testing.T) *Server {
	t.Helper()
	environment, err := Environment(os.Getenv("KUBEBUILDER_ASSETS"))
	if err != nil {
		t.Fatal(err)
	}
	environment.CRDDirectoryPaths = environment.CRDDirectoryPaths[1:]
	out, err := started(environment)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := environment.Stop(); err != nil {
			t.Error(err)
		}
	})
	return out
}

// Require skips a test that needs a server when there is none.
func (s *Server) Require(t *testing.T) {
	t.Helper()
	if s == nil {
		t.Skip("needs an API server: run without -short")
	}
}

// Namespace creates a namespace of the test's own and returns its name.
func (s *Server) Namespace(t *testing.T) string {
	t.Helper()
	s.Require(t)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := s.Client.Create(context.Background(), namespace); err != nil {
		t.Fatalf("creating a namespace: %v", err)
	}
	return namespace.Name
}

// Kubeconfig leads to the server as its administrator.
func (s *Server) Kubeconfig() clientcmdapi.Config {
	tls := s.Config.TLSClientConfig
	return clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{
			"test": {Server: "https://" + strings.TrimPrefix(s.Config.Host, "https://"), CertificateAuthorityData: tls.CAData},
		},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"ada": {ClientCertificateData: tls.CertData, ClientKeyData: tls.KeyData}},
		Contexts:       map[string]*clientcmdapi.Context{"test": {Cluster: "test", AuthInfo: "ada"}},
		CurrentContext: "test",
	}
}

// WriteKubeconfig writes that to a file of the test's own, and returns its path.
func (s *Server) WriteKubeconfig(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(s.Kubeconfig(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// Counted is a client that counts what it asks, but for which kinds there are.
func (s *Server) Counted(t *testing.T) (client.WithWatch, *atomic.Int64) {
	t.Helper()
	count := &atomic.Int64{}
	config := rest.CopyConfig(s.Config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return counting{next, count} })
	out, err := client.NewWithWatch(config, client.Options{Scheme: s.Client.Scheme(), Mapper: s.Client.RESTMapper()})
	if err != nil {
		t.Fatal(err)
	}
	return out, count
}

type counting struct {
	http.RoundTripper
	count *atomic.Int64
}

func (c counting) RoundTrip(req *http.Request) (*http.Response, error) {
	c.count.Add(1)
	return c.RoundTripper.RoundTrip(req)
}

// Environment is an API server that knows the kinds of Eddy and of Flux, to be
// started from the programs in assets.
func Environment(assets string) (*envtest.Environment, error) {
	if assets == "" {
		return nil, fmt.Errorf("KUBEBUILDER_ASSETS is not set: run `make test`, or export KUBEBUILDER_ASSETS=\"$(bin/cluster assets)\"")
	}
	scheme := k8sruntime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), sourcev1.AddToScheme(scheme), v1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	return &envtest.Environment{
		Scheme:                scheme,
		BinaryAssetsDirectory: assets,
		CRDDirectoryPaths:     []string{filepath.Join(Root(), "config", "crd"), filepath.Join(assets, "crds", "flux")},
		ErrorIfCRDPathMissing: true,
	}, nil
}

func start(server **Server) (*envtest.Environment, error) {
	environment, err := Environment(os.Getenv("KUBEBUILDER_ASSETS"))
	if err != nil {
		return nil, err
	}
	*server, err = started(environment)
	return environment, err
}

func started(environment *envtest.Environment) (*Server, error) {
	config, err := environment.Start()
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	direct, err := client.New(config, client.Options{Scheme: environment.Scheme})
	if err != nil {
		return nil, err
	}
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Server{Config: config, Client: direct, Discovery: kinds}, nil
}

// Root returns the folder of the checkout that the test, or the program, runs in.
// It panics outside of one.
func Root() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if text, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && strings.HasPrefix(string(text), "module github.com/eddy-previews/eddy\n") {
			return dir
		}
	}
	panic("run it in a checkout of Eddy")
}
