package registry_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/eddy-previews/eddy/internal/registry"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// login is a keychain that has one password for all.
type login string

func (l login) Resolve(authn.Resource) (authn.Authenticator, error) {
	return &authn.Basic{Username: "flux", Password: string(l)}, nil
}

func openWith(t *testing.T, config registry.Config) *registry.Repository {
	t.Helper()
	repository, err := registry.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	return repository
}

// pull opens the repository of a registry, as somebody who knows a password.
func pull(t *testing.T, fake *forge.Registry, password string) *registry.Repository {
	t.Helper()
	config := registry.Config{Config: transport.Config{URL: fake.URL, TLS: &tls.Config{RootCAs: fake.Trust(), MinVersion: tls.VersionTLS12}}}
	if password != "" {
		config.Keychain = login(password)
	}
	return openWith(t, config)
}

func tags(t *testing.T, repository *registry.Repository) []string {
	t.Helper()
	names, err := repository.Tags(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAWrongPasswordIsRefusedAndNotRepeated(t *testing.T) {
	fake := forge.NewRegistry(t)
	fake.Push(t, "", "a")
	for _, password := range []string{"", "wr0ng-s3cret"} {
		_, err := pull(t, fake, password).Tags(context.Background())
		if !errors.Is(err, transport.ErrUnauthorized) || password != "" && strings.Contains(err.Error(), password) {
			t.Errorf("with the password %q: %v", password, err)
		}
	}
}

func TestAnAnonymousRegistryNeedsNoLogin(t *testing.T) {
	fake := forge.NewRegistry(t)
	fake.Password = ""
	fake.Push(t, "", "a")
	if items := tags(t, pull(t, fake, "")); len(items) != 1 {
		t.Errorf("listed %v", items)
	}
}

func TestCredentialsDoNotGoOverPlainHTTP(t *testing.T) {
	fake := forge.NewRegistry(t)
	fake.Push(t, "", "a")
	fake.Password = ""
	plain := httptest.NewServer(fake)
	t.Cleanup(plain.Close)
	at := plain.Listener.Addr().String()
	for _, insecure := range []bool{false, true} {
		repository, err := registry.Open(registry.Config{Config: transport.Config{URL: "oci://" + at + "/acme/api"}, Insecure: insecure})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := repository.Tags(context.Background()); (err == nil) != insecure {
			t.Errorf("with insecure %v: %v", insecure, err)
		}
	}
}

func TestTheURLOfARegistryIsARepository(t *testing.T) {
	for _, url := range []string{
		"https://registry.example.com/api", "oci://registry.example.com", "oci://registry.example.com/", "oci://registry.example.com/api:v1",
		"oci://registry.example.com/api@sha256:0", "oci://flux:s3cret@registry.example.com/api", "oci://registry.example.com/API", "oci:///api",
	} {
		_, err := registry.Open(registry.Config{Config: transport.Config{URL: url}})
		if err == nil || !strings.Contains(err.Error(), "expected oci://HOST/REPOSITORY") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{"oci://registry/api", "oci://registry.example.com/team/api/", "oci://localhost:5000/api", "oci://docker.io/nginx"} {
		if _, err := registry.Open(registry.Config{Config: transport.Config{URL: url}}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestARegistryCannotSendItsClientsToAnAddressThatIsNotAllowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="http://169.254.169.254/token",service="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	config := registry.Config{Insecure: true, Config: transport.Config{URL: "oci://" + server.Listener.Addr().String() + "/a/b"}}
	if _, err := openWith(t, config).Tags(context.Background()); !errors.Is(err, transport.ErrNetwork) || !strings.Contains(err.Error(), "169.254.169.254") {
		t.Errorf("got %v", err)
	}
}
