package transport_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/eddy-previews/eddy/internal/transport"
)

func addressOf(t *testing.T, raw string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func seriesOf(t *testing.T, pools *transport.Pools) int {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(pools)
	count, err := testutil.GatherAndCount(registry)
	if err != nil {
		t.Fatal(err)
	}
	return count
}

func TestTheMetricsTellOfAFewHundredHostsAtMost(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("RateLimit-Remaining", "7")
		w.Header().Set("RateLimit-Reset", "60")
		_, _ = w.Write([]byte(`[]`)) // who has left, has left
	}))
	t.Cleanup(server.Close)
	pools := transport.NewPools(time.Now, transport.LocalNetworks())
	for n := range 300 {
		mustAsk(t, transport.Config{URL: fmt.Sprintf("http://host-%d.example.com/", n), Pools: pools, Proxy: addressOf(t, server.URL)})
	}
	if got := seriesOf(t, pools); got > 2*200 {
		t.Errorf("300 hosts made %d series", got)
	}
}

func TestMetricsTellWhatSomebodyWasAsked(t *testing.T) {
	l := newListener(t)
	config := transport.Config{URL: l.URL, Pools: l.pools}
	for _, code := range []int{http.StatusOK, http.StatusNotModified, http.StatusBadGateway} {
		l.answer = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"1"`)
			w.Header().Set("X-RateLimit-Remaining", "9")
			w.Header().Set("X-RateLimit-Reset", fmt.Sprint(l.now.Add(time.Hour).Unix()))
			says(code, `[]`)(w, r)
		}
		_ = ask(t, config) // counted all the same
	}
	want := strings.ReplaceAll(`
# HELP eddy_forge_rate_limit_remaining Requests that a forge still answers before its rate limit is reset; the least of all credentials.
# TYPE eddy_forge_rate_limit_remaining gauge
eddy_forge_rate_limit_remaining{host="HOST"} 9
# HELP eddy_forge_requests_total Requests to a forge, by host and by what it answered: 2xx, 304 (nothing is new), 3xx, 4xx, 5xx, or none.
# TYPE eddy_forge_requests_total counter
eddy_forge_requests_total{code="2xx",host="HOST"} 1
eddy_forge_requests_total{code="304",host="HOST"} 1
eddy_forge_requests_total{code="5xx",host="HOST"} 1
`, "HOST", strings.TrimPrefix(l.URL, "http://"))
	if err := testutil.CollectAndCompare(l.pools, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.CollectAndLint(l.pools); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
