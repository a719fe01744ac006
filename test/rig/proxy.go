package rig

import (
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"
)

// Proxy stands between an operator and the API server.
type Proxy struct {
	forward *httputil.ReverseProxy

	mu     sync.Mutex
	counts Counts
	last   time.Time
	fault  func(http.ResponseWriter, *http.Request) bool
}

// Counts are requests by verb (LIST, GET, PATCH, …); watches and discovery are
// counted apart, under WATCH and DISCOVERY.
type Counts map[string]int

// The verbs that are counted apart.
const (
	Watch     = "WATCH"
	Discovery = "DISCOVERY"
	Lease     = "LEASE"
)

// What is written, which its verb counts as well.
const (
	Status = "status"
	Event  = "event"
)

// Total returns the number of requests, without watches, discovery and leases,
// which do not depend on what there is to do.
func (c Counts) Total() int {
	total := 0
	for verb, n := range c {
		if !slices.Contains([]string{Watch, Discovery, Lease, Status, Event}, verb) {
			total += n
		}
	}
	return total
}

// NewProxy returns a proxy that forwards with the credentials of a config.
func NewProxy(config *rest.Config) (*Proxy, error) {
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, err
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		return nil, err
	}
	return &Proxy{counts: Counts{}, forward: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = target.Host
		},
		Transport: transport, FlushInterval: -1,
		ErrorLog:     log.New(io.Discard, "", 0), // API servers are killed here
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}}, nil
}

// ServeHTTP counts a request, and forwards it or lets it fail.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	p.mu.Lock()
	verb := verbOf(req)
	p.counts[verb]++
	if kind := writes(req); kind != "" {
		p.counts[kind]++
	}
	if verb != Watch && verb != Lease {
		p.last = time.Now()
	}
	fault := p.fault
	p.mu.Unlock()
	if fault != nil && verb != Watch && fault(w, req) {
		return
	}
	p.forward.ServeHTTP(w, req)
	if verb != Watch && verb != Lease {
		p.mu.Lock()
		p.last = time.Now()
		p.mu.Unlock()
	}
}

// Break lets fault answer requests, where it returns true, instead of the API
// server; nil ends that.
func (p *Proxy) Break(fault func(http.ResponseWriter, *http.Request) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
}

// Reset begins to count anew.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts, p.last = Counts{}, time.Now()
}

// Seen returns the requests since Reset, and when the last one came or was answered.
func (p *Proxy) Seen() (Counts, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.counts), p.last
}

// writes says of a request that writes a status or an event that it does.
func writes(req *http.Request) string {
	parts := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	switch {
	case req.Method == http.MethodGet:
		return ""
	case parts[len(parts)-1] == "status":
		return Status
	case slices.Contains(parts, "events"):
		return Event
	}
	return ""
}

// verbOf returns what a request is, as Kubernetes calls it.
func verbOf(req *http.Request) string {
	parts := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	depth := map[string]int{"api": 2, "apis": 3}[parts[0]]
	if depth == 0 || len(parts) <= depth {
		return Discovery
	}
	parts = parts[depth:]
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	switch {
	case parts[0] == "leases":
		return Lease
	case req.URL.Query().Get("watch") != "":
		return Watch
	case req.Method == http.MethodGet && len(parts) == 1:
		return "LIST"
	default:
		return req.Method
	}
}
