package forge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Refusing answers each request with 401 and a message, where each of the forges
// documents it.
func Refusing(t *testing.T, message func(r *http.Request) string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		said := message(r)
		text, err := json.Marshal(said)
		if err != nil {
			t.Error(err)
		}
		_, _ = fmt.Fprintf(w, `{"message": %s, "errors": [{"code": "UNAUTHORIZED", "message": %s}]}`, text, text) // who has left, has left
	}))
	t.Cleanup(server.Close)
	return server
}
