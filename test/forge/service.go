package forge

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Service is a service of one's own, as an ExternalService asks it.
type Service struct {
	URL string

	mu     sync.Mutex
	inputs []map[string]any
	fault  Fault
}

// NewService starts one that wants the bearer token Token.
func NewService(t testing.TB) *Service {
	t.Helper()
	s := &Service{inputs: []map[string]any{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL + "/previews?key=in-the-query"
	return s
}

// Say makes these the inputs.
func (s *Service) Say(inputs ...map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inputs = append([]map[string]any{}, inputs...)
}

// Break lets a fault answer from now on; nil mends it.
func (s *Service) Break(fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = fault
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil && s.fault(w, r) {
		return
	}
	user, password, _ := r.BasicAuth()
	if r.Header.Get("Authorization") != "Bearer "+Token && (user != "flux" || password != Token) {
		answer(w, http.StatusUnauthorized, map[string]string{"message": "who is there?"})
		return
	}
	answer(w, http.StatusOK, map[string]any{"inputs": s.inputs})
}
