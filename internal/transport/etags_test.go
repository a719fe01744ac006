package transport_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/transport"
)

// ask asks what a configuration names.
func ask(t *testing.T, config transport.Config) error {
	t.Helper()
	client := transport.NewClient(config, transport.Dialect{Says: transport.Field("message")})
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, config.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = transport.Do(client, req, nil)
	return err
}

// mustAsk asks somebody who is to answer.
func mustAsk(t *testing.T, config transport.Config) {
	t.Helper()
	if err := ask(t, config); err != nil {
		t.Fatal(err)
	}
}

// versioned answers with a body and headers, and 304 from the second time on.
func versioned(t *testing.T, headers map[string]string, body string) (server *httptest.Server, conditions *[]string) {
	t.Helper()
	conditions = &[]string{}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		condition := r.Header.Get("If-None-Match") + r.Header.Get("If-Modified-Since")
		*conditions = append(*conditions, condition)
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		if condition != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body)) // the client is this test
	}))
	t.Cleanup(server.Close)
	return server, conditions
}

func TestWhatTellsVersionsApartIsSentBack(t *testing.T) {
	now := time.Now().UTC()
	cases := map[string]struct {
		headers map[string]string
		want    string
	}{
		"an ETag":              {map[string]string{"ETag": `"v1"`}, `"v1"`},
		"an old change":        {map[string]string{"Last-Modified": now.Add(-time.Hour).Format(http.TimeFormat)}, now.Add(-time.Hour).Format(http.TimeFormat)},
		"a change of just now": {map[string]string{"Last-Modified": now.Add(-time.Second).Format(http.TimeFormat)}, ""},
		"neither":              {nil, ""},
		"not to be stored":     {map[string]string{"ETag": `"v1"`, "Cache-Control": "no-store"}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			server, conditions := versioned(t, c.headers, `[]`)
			config := transport.Config{URL: server.URL, Pools: transport.NewPools(time.Now, transport.LocalNetworks())}
			for range 2 {
				mustAsk(t, config)
			}
			if got := (*conditions)[1]; got != c.want {
				t.Errorf("asked whether it had changed since %q, want %q", got, c.want)
			}
		})
	}
}

// Of headers no more is read than any forge sends, and those of what is kept count: 64 MiB of
// answers with nothing in their bodies are 64 MiB.
func TestHeadersHaveABoundAndCountInWhatIsKept(t *testing.T) {
	l := newListener(t)
	size, condition := 300<<10, ""
	l.answer = func(w http.ResponseWriter, r *http.Request) {
		condition = r.Header.Get("If-None-Match")
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("X-Large", strings.Repeat("x", size))
		says(http.StatusOK, `{}`)(w, r)
	}
	page := func(n int) transport.Config {
		return transport.Config{URL: fmt.Sprint(l.URL, "/?page=", n), Pools: l.pools}
	}
	if err := ask(t, page(0)); err == nil {
		t.Error("headers of 300 KiB were read")
	}
	size = 250 << 10
	const more = 70 << 20
	last := more / size
	for n := range last + 1 {
		mustAsk(t, page(n))
	}
	if mustAsk(t, page(last)); condition == "" {
		t.Error("the last answer is not kept")
	}
	if mustAsk(t, page(0)); condition != "" {
		t.Error("70 MiB are kept")
	}
}
