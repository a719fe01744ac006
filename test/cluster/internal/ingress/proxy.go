package ingress

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Health is a path that the proxy answers itself, whatever the host; no app is
// likely to miss it.
const Health = "/.well-known/eddy-ingress-health"

// resolver says where a request goes. It is an interface for the tests.
type resolver interface {
	// Table is the current table of routes.
	Table() Table
	// Addresses are host:port of the ready endpoints of a backend.
	Addresses(Backend) ([]string, error)
}

// errNotFound says that no Ingress claims a request.
var errNotFound = errors.New("no Ingress has this host and path")

// proxy routes requests to pods.
type proxy struct {
	routes resolver
	next   atomic.Uint64
	log    *slog.Logger
	// transport is short-tempered: a pod is on this machine, or gone.
	transport http.RoundTripper
}

func newProxy(routes resolver, log *slog.Logger) *proxy {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // the pods are on this machine
	transport.ResponseHeaderTimeout = time.Minute
	return &proxy{routes: routes, log: log, transport: transport}
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == Health {
		w.WriteHeader(http.StatusOK)
		return
	}
	address, err := p.pick(r.Host, r.URL.Path)
	switch {
	case errors.Is(err, errNotFound):
		p.notFound(w, r)
		return
	case err != nil:
		http.Error(w, "Eddy's local ingress: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	p.forward(address).ServeHTTP(w, r)
}

// pick chooses an endpoint, each in its turn.
func (p *proxy) pick(host, path string) (string, error) {
	backend, ok := p.routes.Table().Match(host, path)
	if !ok {
		return "", errNotFound
	}
	addresses, err := p.routes.Addresses(backend)
	if err != nil {
		return "", err
	}
	if len(addresses) == 0 {
		return "", fmt.Errorf("the Service %s/%s has no ready pod", backend.Namespace, backend.Service)
	}
	return addresses[p.next.Add(1)%uint64(len(addresses))], nil
}

func (p *proxy) forward(address string) http.Handler {
	return &httputil.ReverseProxy{
		Transport: p.transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: address})
			r.SetXForwarded()
			r.Out.Host = r.In.Host // apps make links of it
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			p.log.Warn("a pod did not answer", "host", r.Host, "address", address, "error", err)
			http.Error(w, "Eddy's local ingress: the pod did not answer: "+err.Error(), http.StatusBadGateway)
		},
	}
}

func (p *proxy) notFound(w http.ResponseWriter, r *http.Request) {
	text := fmt.Sprintf("Eddy's local ingress: no Ingress has the host %q and the path %q.", r.Host, r.URL.Path)
	if hosts := p.routes.Table().Hosts(); len(hosts) > 0 {
		text += "\nIt knows: " + strings.Join(hosts, ", ")
	}
	http.Error(w, text, http.StatusNotFound)
}
