package ingress

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
)

// routes is a cluster with one Ingress.
type routes struct {
	table     Table
	addresses []string
	err       error
}

func (r routes) Table() Table                        { return r.table }
func (r routes) Addresses(Backend) ([]string, error) { return r.addresses, r.err }

func TestProxyHandsOnTheHostAndTellsWhoAsked(t *testing.T) {
	var host, uri, forwarded string
	pod := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, uri, forwarded = r.Host, r.URL.RequestURI(), r.Header.Get("X-Forwarded-Host")
		_, _ = io.WriteString(w, "from the pod")
	}))
	defer pod.Close()
	response := ask(t, routes{table: oneHost(), addresses: []string{pod.Listener.Addr().String()}}, "a.example.com", "/x?y=1")
	if body := response.Body.String(); response.Code != http.StatusOK || body != "from the pod" || uri != "/x?y=1" {
		t.Errorf("got %d %q for %q", response.Code, body, uri)
	}
	if host != "a.example.com" || forwarded != "a.example.com" {
		t.Errorf("the pod sees the host %q and X-Forwarded-Host %q, want a.example.com twice", host, forwarded)
	}
}

func TestProxySaysWhyItHasNoAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		routes   routes
		host     string
		wantCode int
		wantText string
	}{
		"an unknown host": {
			routes{table: oneHost()}, "b.example.com", http.StatusNotFound, "It knows: a.example.com",
		},
		"no pod is ready": {
			routes{table: oneHost()}, "a.example.com", http.StatusServiceUnavailable, "default/a has no ready pod",
		},
		"no such Service": {
			routes{table: oneHost(), err: errors.New("the Service default/a is not there")}, "a.example.com",
			http.StatusServiceUnavailable, "the Service default/a is not there",
		},
		"the pod is gone": {
			routes{table: oneHost(), addresses: []string{"127.0.0.1:1"}}, "a.example.com", http.StatusBadGateway, "the pod did not answer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			response := ask(t, c.routes, c.host, "/")
			if response.Code != c.wantCode || !strings.Contains(response.Body.String(), c.wantText) {
				t.Errorf("got %d %q, want %d and %q", response.Code, response.Body, c.wantCode, c.wantText)
			}
		})
	}
}

func oneHost() Table {
	return NewTable([]*networkingv1.Ingress{ingress("one", rule("a.example.com", prefix("/", "a")))})
}

func ask(t *testing.T, r routes, host, path string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	request.Host = host
	response := httptest.NewRecorder()
	newProxy(r, slog.New(slog.DiscardHandler)).ServeHTTP(response, request)
	return response
}
