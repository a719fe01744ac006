// Package ingress is the way in from this machine to the pods: a reverse proxy
// that routes HTTP by Host header and path as Ingress objects say.
//
// It is small on purpose and stands in for whatever ingress controller a real
// cluster has. It serves every Ingress that names no class or the class
// "eddy", speaks plain HTTP (tls sections are read past), goes straight to the
// endpoints of a Service, and writes 127.0.0.1 into the status.
package ingress

import (
	"net"
	"sort"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// Class is the ingress class that is ours; so are Ingresses without a class.
const Class = "eddy"

// Controller is what it is served by.
const Controller = "eddy.local/ingress"

// Backend is a port of a Service.
type Backend struct {
	Namespace, Service string
	// PortName or PortNumber says which port; one of them is set.
	PortName   string
	PortNumber int32
}

// route sends what matches to a backend.
type route struct {
	host    string // "" for any, "*.x" for one label before .x
	path    string
	exact   bool
	backend Backend
}

// Table is a list of routes, the most telling first, so that the first one
// that matches is the right one.
type Table []route

// Mine says whether an Ingress is for this proxy.
func Mine(ingress *networkingv1.Ingress) bool {
	if class := ingress.Spec.IngressClassName; class != nil {
		return *class == Class
	}
	return true
}

// NewTable makes the table of the Ingresses that are ours.
func NewTable(ingresses []*networkingv1.Ingress) Table {
	var table Table
	for _, ingress := range ingresses {
		if Mine(ingress) {
			table = append(table, routesOf(ingress)...)
		}
	}
	sort.SliceStable(table, func(i, j int) bool { return before(table[i], table[j]) })
	return table
}

func routesOf(ingress *networkingv1.Ingress) Table {
	var routes Table
	if b, ok := backendOf(ingress.Namespace, ingress.Spec.DefaultBackend); ok {
		routes = append(routes, route{path: "/", backend: b})
	}
	for _, rule := range ingress.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, each := range rule.HTTP.Paths {
			b, ok := backendOf(ingress.Namespace, &each.Backend)
			if !ok {
				continue
			}
			r := route{host: strings.ToLower(rule.Host), path: each.Path, backend: b}
			r.exact = each.PathType != nil && *each.PathType == networkingv1.PathTypeExact
			if r.path == "" {
				r.path = "/"
			}
			routes = append(routes, r)
		}
	}
	return routes
}

func backendOf(namespace string, backend *networkingv1.IngressBackend) (Backend, bool) {
	if backend == nil || backend.Service == nil {
		return Backend{}, false
	}
	return Backend{
		Namespace:  namespace,
		Service:    backend.Service.Name,
		PortName:   backend.Service.Port.Name,
		PortNumber: backend.Service.Port.Number,
	}, true
}

// before orders routes: a full host before a wildcard before none, then an
// exact path before a prefix, then the longer path. Where all is equal the
// order of the Ingresses stays, which is by age.
func before(a, b route) bool {
	if x, y := hostRank(a.host), hostRank(b.host); x != y {
		return x < y
	}
	if a.exact != b.exact {
		return a.exact
	}
	return len(a.path) > len(b.path)
}

func hostRank(host string) int {
	switch {
	case host == "":
		return 2
	case strings.HasPrefix(host, "*."):
		return 1
	default:
		return 0
	}
}

// Match finds the backend for a request's Host header and path.
func (t Table) Match(host, path string) (Backend, bool) {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, r := range t {
		if r.matchesHost(host) && r.matchesPath(path) {
			return r.backend, true
		}
	}
	return Backend{}, false
}

// Hosts are the hosts that the table knows, for people who look for theirs.
func (t Table) Hosts() []string {
	seen := map[string]bool{}
	var hosts []string
	for _, r := range t {
		if r.host != "" && !seen[r.host] {
			seen[r.host] = true
			hosts = append(hosts, r.host)
		}
	}
	sort.Strings(hosts)
	return hosts
}

func (r route) matchesHost(host string) bool {
	switch hostRank(r.host) {
	case 0:
		return host == r.host
	case 1:
		label, rest, found := strings.Cut(host, ".")
		return found && label != "" && "*."+rest == r.host
	default:
		return true
	}
}

// matchesPath matches a prefix by whole elements: /api is a prefix of /api and
// of /api/v1, but not of /apis.
func (r route) matchesPath(path string) bool {
	if r.exact {
		return path == r.path
	}
	prefix := strings.TrimSuffix(r.path, "/")
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}
