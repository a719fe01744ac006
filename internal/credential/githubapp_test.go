package credential_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestAGitHubAppLogsInByItsInstallationOrByItsOwner(t *testing.T) {
	for key, value := range map[string]string{"githubAppInstallationID": "5678\n", "githubAppInstallationOwner": "acme"} {
		t.Run(key, func(t *testing.T) {
			b := newBench(t)
			f := forge.NewGitHub(t)
			f.Open(forge.Request{})
			app := f.InstallApp(t)
			ref := b.secret("app", map[string]string{"githubAppID": app.ID, key: value, "githubAppPrivateKey": string(app.Key)})
			provider := b.provider(v1.ResourceSetInputProviderSpec{Type: f.Type, URL: f.URL, SecretRef: ref})
			for range 3 {
				b.want(provider, 1)
			}
			if issued := f.Issued(app); issued != 1 {
				t.Errorf("three runs took %d tokens", issued)
			}
		})
	}
}

func TestATokenOfAnAppIsRenewedBeforeItExpires(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitHub(t)
	app := f.InstallApp(t)
	app.Life = 2 * time.Second
	ref := b.secret("app", map[string]string{"githubAppID": app.ID, "githubAppInstallationID": app.Installation, "githubAppPrivateKey": string(app.Key)})
	provider := b.provider(v1.ResourceSetInputProviderSpec{Type: f.Type, URL: f.URL, SecretRef: ref})
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		b.want(provider, 0) // no run ever meets an expired token
	}
	if issued := f.Issued(app); issued < 2 || issued > 5 {
		t.Errorf("three seconds took %d tokens", issued)
	}
}

func TestAnAppThatCannotLogInSaysWhy(t *testing.T) {
	f := forge.NewGitHub(t)
	app, other := f.InstallApp(t), forge.NewGitHub(t).InstallApp(t)
	cases := map[string]struct {
		secret map[string]string
		fault  forge.Fault
		words  string
	}{
		"another key":        {map[string]string{"githubAppInstallationID": "5678", "githubAppPrivateKey": string(other.Key)}, nil, "401"},
		"no key":             {map[string]string{"githubAppInstallationID": "5678"}, nil, "private key must be provided"},
		"no installation":    {map[string]string{"githubAppPrivateKey": string(app.Key)}, nil, "installation owner or ID must be provided"},
		"both":               {map[string]string{"githubAppInstallationID": "5678", "githubAppInstallationOwner": "acme", "githubAppPrivateKey": string(app.Key)}, nil, "only one of"},
		"an unknown owner":   {map[string]string{"githubAppInstallationOwner": "nobody", "githubAppPrivateKey": string(app.Key)}, nil, "404"},
		"a forge in trouble": {map[string]string{"githubAppInstallationID": "5678", "githubAppPrivateKey": string(app.Key)}, forge.Status(http.StatusBadGateway), "502"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			c.secret["githubAppID"] = app.ID
			f.Break(c.fault)
			provider := b.provider(v1.ResourceSetInputProviderSpec{Type: f.Type, URL: f.URL, SecretRef: b.secret("app", c.secret)})
			_, err := b.Config(context.Background(), credential.Of(provider))
			if err == nil || !strings.HasPrefix(err.Error(), "spec.secretRef: ") || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "PRIVATE KEY") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestGitHubsLimitIsObeyedWhenAnAppLogsIn(t *testing.T) {
	reset := time.Now().Add(time.Hour).Truncate(time.Second)
	for name, fault := range map[string]forge.Fault{
		"primary": forge.Status(http.StatusForbidden, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", fmt.Sprint(reset.Unix())),
		"secondary": func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusForbidden)
			_, err := w.Write([]byte(`{"message": "slow down", "documentation_url": "https://docs.github.com/#secondary-rate-limits"}`))
			return err == nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			f := forge.NewGitHub(t)
			app := f.InstallApp(t)
			f.Break(fault)
			ref := b.secret("app", map[string]string{"githubAppID": app.ID, "githubAppInstallationID": app.Installation, "githubAppPrivateKey": string(app.Key)})
			_, err := b.Config(context.Background(), credential.Of(b.provider(v1.ResourceSetInputProviderSpec{Type: f.Type, URL: f.URL, SecretRef: ref})))
			var limit *transport.RateLimited
			if !errors.As(err, &limit) || limit.Until.Sub(reset).Abs() > 5*time.Second {
				t.Errorf("got %v, want to wait until %s", err, reset)
			}
		})
	}
}
