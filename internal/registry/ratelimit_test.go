package registry_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/eddy-previews/eddy/internal/registry"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestARegistrysLimitIsObeyed(t *testing.T) {
	for _, path := range []string{"/tags/list", "/manifests/a", "/token"} {
		fake := forge.NewRegistry(t)
		fake.Push(t, "", "a")
		fake.Break(only(path, forge.Status(http.StatusTooManyRequests, "Retry-After", "3600")))
		repository := pull(t, fake, forge.Token)
		_, err := repository.Tags(context.Background())
		if err == nil {
			_, err = repository.Digest(context.Background(), "a")
		}
		var limited *transport.RateLimited
		if !errors.As(err, &limited) || time.Until(limited.Until) < 59*time.Minute {
			t.Errorf("%s: %v", path, err)
		}
		if asked := fake.Asked(path); asked != 1 {
			t.Errorf("%s: asked %d times", path, asked)
		}
	}
}

func TestARegistrysLimitHoldsForAllSessionsOfAnAccount(t *testing.T) {
	fake := forge.NewRegistry(t)
	fake.Push(t, "", "a")
	pools := transport.NewPools(time.Now, transport.LocalNetworks())
	open := func(password string) *registry.Repository {
		return openWith(t, registry.Config{Keychain: login(password), Config: transport.Config{
			URL: fake.URL, Pools: pools, TLS: &tls.Config{RootCAs: fake.Trust(), MinVersion: tls.VersionTLS12},
		}})
	}
	fake.Break(only("/tags/list", forge.Status(http.StatusTooManyRequests, "Retry-After", "3600")))
	_, first := open(forge.Token).Tags(context.Background())
	fake.Break(nil)
	asked := fake.Asked("")
	_, second := open(forge.Token).Tags(context.Background())
	var limited *transport.RateLimited
	if !errors.As(first, &limited) || !errors.As(second, &limited) || fake.Asked("") != asked {
		t.Errorf("asked %d times more\nat first: %v\nthen: %v", fake.Asked("")-asked, first, second)
	}
	if _, err := open("wr0ng").Tags(context.Background()); !errors.Is(err, transport.ErrUnauthorized) {
		t.Errorf("another account: %v", err)
	}
}

func TestARegistryThatNamesHostsMakesNoSeriesOfThem(t *testing.T) {
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://host-%d.localhost:1/token",service="x"`, n))
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	pools := transport.NewPools(time.Now, transport.LocalNetworks())
	config := registry.Config{Insecure: true, Config: transport.Config{URL: "oci://" + server.Listener.Addr().String() + "/a/b", Pools: pools}}
	for range 10 {
		if _, err := openWith(t, config).Tags(context.Background()); err == nil {
			t.Fatal("the registry let somebody in")
		}
	}
	counted := prometheus.NewPedanticRegistry()
	counted.MustRegister(pools)
	if got, err := testutil.GatherAndCount(counted); err != nil || got > 3 {
		t.Errorf("10 polls of one registry made %d series: %v", got, err)
	}
}
