package transport_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/eddy-previews/eddy/internal/transport"
)

func TestWithinOnceTheSameIsAskedOnce(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("X-Page", r.URL.Query().Get("page"))
		switch {
		case r.URL.Query().Get("page") == "gone":
			w.WriteHeader(http.StatusNotFound)
		case r.Header.Get("If-None-Match") != "":
			w.WriteHeader(http.StatusNotModified)
		default:
			_, _ = fmt.Fprintf(w, `{"n": %d}`, asked) // the client is this test
		}
	}))
	t.Cleanup(server.Close)
	client := transport.NewClient(transport.Config{URL: server.URL}, transport.Dialect{})
	ask := func(ctx context.Context, method, page string) (n int, header string) {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, method, server.URL+"?page="+page, nil)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ N int }
		got, err := transport.Do(client, req, &answer)
		if (err != nil) != (page == "gone") {
			t.Fatal(err)
		}
		return answer.N, got.Get("X-Page")
	}
	once := transport.Once(t.Context())
	first, _ := ask(once, http.MethodGet, "1")
	if again, page := ask(once, http.MethodGet, "1"); again != first || page != "1" || asked != 1 {
		t.Errorf("it was asked %d times, and is %d of page %q", asked, again, page)
	}
	for what, count := range map[string]func(){
		"another page":             func() { ask(once, http.MethodGet, "2") },
		"what is told":             func() { ask(once, http.MethodPost, "1") },
		"what was not answered":    func() { ask(once, http.MethodGet, "gone") },
		"the same, a second later": func() { ask(transport.Once(t.Context()), http.MethodGet, "1") },
		"the same, by who is not":  func() { ask(t.Context(), http.MethodGet, "1") },
	} {
		before := asked
		if count(); asked != before+1 {
			t.Errorf("%s was asked %d times", what, asked-before)
		}
	}
	again := transport.Once(t.Context())
	ask(again, http.MethodGet, "1") // which is answered by 304
	before := asked
	if n, _ := ask(again, http.MethodGet, "1"); n != first || asked != before {
		t.Errorf("what has not changed was asked for %d times, and is %d", asked-before, n)
	}
}
