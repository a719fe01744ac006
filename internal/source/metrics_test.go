package source_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

func seriesOf(t *testing.T, clients *source.Shared) int {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(clients.Pools())
	count, err := testutil.GatherAndCount(registry)
	if err != nil {
		t.Fatal(err)
	}
	return count
}

func TestARegistryThatNamesHostsMakesNoSeriesOfThem(t *testing.T) {
	n := 0
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://host-%d.localhost:1/token",service="x"`, n))
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(registry.Close)
	clients := source.NewShared(time.Now, transport.LocalNetworks())
	config := source.Config{
		Type: v1.InputProviderOCIArtifactTag, URL: "oci://" + registry.Listener.Addr().String() + "/a/b", Insecure: true, Pools: clients.Pools(),
	}
	for range 50 {
		if _, err := openWith(t, config).List(context.Background(), source.Query{}); err == nil {
			t.Fatal("the registry let somebody in")
		}
	}
	if got := seriesOf(t, clients); got > 3 {
		t.Errorf("50 polls of one registry made %d series", got)
	}
}

func TestTheMetricsTellOfAFewHundredHostsAtMost(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("RateLimit-Remaining", "7")
		w.Header().Set("RateLimit-Reset", "60")
		_, _ = w.Write([]byte(`[]`)) // who has left, has left
	}))
	t.Cleanup(server.Close)
	clients := source.NewShared(time.Now, transport.LocalNetworks())
	for n := range 300 {
		config := source.Config{
			Type: v1.InputProviderGitHubPullRequest, URL: fmt.Sprintf("http://host-%d.example.com/acme/api", n),
			Pools: clients.Pools(), Proxy: addressOf(t, server.URL),
		}
		list(t, openWith(t, config))
	}
	if got := seriesOf(t, clients); got > 2*200 {
		t.Errorf("300 hosts made %d series", got)
	}
}
