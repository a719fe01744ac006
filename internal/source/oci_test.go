package source_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// login is a keychain that has one password for all.
type login string

func (l login) Resolve(authn.Resource) (authn.Authenticator, error) {
	return &authn.Basic{Username: "flux", Password: string(l)}, nil
}

// pull opens the repository of a registry, as somebody who knows a password.
func pull(t *testing.T, r *forge.Registry, password string) source.Source {
	t.Helper()
	config := source.Config{Type: v1.InputProviderOCIArtifactTag, URL: r.URL, TLS: &tls.Config{RootCAs: r.Trust(), MinVersion: tls.VersionTLS12}}
	if password != "" {
		config.Registry = login(password)
	}
	repository, err := source.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return repository
}

func resolve(t *testing.T, repository source.Source, items []source.Item) []source.Item {
	t.Helper()
	resolved, err := repository.(source.Resolver).Resolve(context.Background(), items)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

func TestTagsAreListedOverManyPagesAndResolvedWhenTheyAreKept(t *testing.T) {
	registry := forge.NewRegistry(t)
	for n := range 250 {
		registry.Push(t, "", fmt.Sprintf("pr-%03d", n))
	}
	repository := pull(t, registry, forge.Token)
	items := list(t, repository)
	if len(items) != 250 || items[7].Tag != "pr-007" || items[7].Name != "pr-007" || items[7].ID != "" || items[7].Digest != "" {
		t.Fatalf("listed %d tags; %+v", len(items), items[7])
	}
	if pages, digests := registry.Asked("/tags/list"), registry.Asked("/manifests/"); pages != 3 || digests != 0 {
		t.Errorf("asked for %d pages and %d digests", pages, digests)
	}
	kept := resolve(t, repository, items[7:10])
	if len(kept) != 3 || kept[0].Tag != "pr-007" || !strings.HasPrefix(kept[0].Digest, "sha256:") || kept[0].Digest == kept[1].Digest {
		t.Errorf("resolved %+v", kept)
	}
	if digests := registry.Asked("/manifests/"); digests != 3 {
		t.Errorf("asked for %d digests", digests)
	}
	if looked := lookupTag(t, repository, "pr-007"); looked.Digest != kept[0].Digest || looked.Name != "pr-007" {
		t.Errorf("looked up %+v", looked)
	}
}

func lookupTag(t *testing.T, repository source.Source, tag string) source.Item {
	t.Helper()
	item, err := repository.Lookup(context.Background(), tag)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func TestALinkThatLeadsBackIsNotFollowed(t *testing.T) {
	registry := forge.NewRegistry(t)
	registry.Push(t, "", "a")
	registry.Break(only("/list", repeats(`</v2/acme/api/tags/list?n=1>; rel="prev"`)))
	if items := list(t, pull(t, registry, forge.Token)); len(items) != 1 {
		t.Errorf("listed %v", items)
	}
}

func TestATagThatIsGoneIsNotFoundAndLeftOut(t *testing.T) {
	registry := forge.NewRegistry(t)
	registry.Push(t, "", "a", "b")
	repository := pull(t, registry, forge.Token)
	items := list(t, repository)
	registry.Delete(t, "a")
	if _, err := repository.Lookup(context.Background(), "a"); !errors.Is(err, transport.ErrNotFound) {
		t.Errorf("looking up: %v", err)
	}
	if kept := resolve(t, repository, items); len(kept) != 1 || kept[0].Tag != "b" {
		t.Errorf("resolved %+v", kept)
	}
}

func TestA404ThatIsNotTheRegistrysIsNoProofThatATagIsGone(t *testing.T) {
	faults := map[string]forge.Fault{
		"a proxy's": forge.Status(http.StatusNotFound),
		"a repository's that is gone": func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known"}]}`)) // the client gets it, or has gone
			return true
		},
	}
	for name, fault := range faults {
		registry := forge.NewRegistry(t)
		registry.Push(t, "", "a")
		repository := pull(t, registry, forge.Token)
		items := list(t, repository)
		registry.Break(fault)
		if kept, err := repository.(source.Resolver).Resolve(context.Background(), items); err == nil {
			t.Errorf("%s: resolved %+v", name, kept)
		}
	}
}

func TestEveryBadAnswerOfARegistryIsAnErrorThatSaysWhatToDo(t *testing.T) {
	cases := []struct {
		name  string
		fault forge.Fault
		kind  error
		words string
	}{
		{"a token service in trouble", only("/token", forge.Status(http.StatusInternalServerError)), transport.ErrUnavailable, "500"},
		{"a token service that refuses", only("/token", forge.Status(http.StatusForbidden)), transport.ErrForbidden, "403"},
		{"a token service behind a sign-in page", only("/token", forge.SignInPage(http.StatusOK)), nil, "listing the tags"},
		{"a listing that fails", only("/list", forge.Status(http.StatusBadGateway)), transport.ErrUnavailable, "502"},
		{"a truncated listing", only("/list", forge.Truncated()), transport.ErrInvalidAnswer, "ended early"},
		{"a web page", only("/list", forge.SignInPage(http.StatusOK)), transport.ErrInvalidAnswer, "not a list of tags"},
		{"another object", only("/list", forge.Body("application/json", `{}`)), transport.ErrInvalidAnswer, "not a list of tags"},
		{"a huge listing", only("/list", forge.Huge(11)), transport.ErrInvalidAnswer, "larger than 10 MiB"},
		{"a page that repeats", only("/list", repeats(`</v2/acme/api/tags/list?last=a>; rel="next"`)), transport.ErrInvalidAnswer, "does not end"},
		{"a page at another host", only("/list", repeats(`<https://127.0.0.1:1/v2/>; rel="next"`)), transport.ErrInvalidAnswer, "leads nowhere"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			registry := forge.NewRegistry(t)
			registry.Push(t, "", "a")
			registry.Break(c.fault)
			_, err := pull(t, registry, forge.Token).List(context.Background(), source.Query{})
			if err == nil || c.kind != nil && !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) || !strings.Contains(err.Error(), registry.URL) {
				t.Errorf("listing: %v", err)
			}
		})
	}
}

// only lets a fault answer for some paths.
func only(suffix string, fault forge.Fault) forge.Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, suffix) && fault(w, r)
	}
}

// repeats answers each page with the same tags and link.
func repeats(link string) forge.Fault {
	page := forge.Body("application/json", `{"name": "acme/api", "tags": ["a"]}`)
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Link", link)
		return page(w, r)
	}
}

func TestARegistrysLimitIsObeyed(t *testing.T) {
	for _, path := range []string{"/tags/list", "/manifests/a", "/token"} {
		registry := forge.NewRegistry(t)
		registry.Push(t, "", "a")
		registry.Break(only(path, forge.Status(http.StatusTooManyRequests, "Retry-After", "3600")))
		repository := pull(t, registry, forge.Token)
		_, err := repository.List(context.Background(), source.Query{})
		if err == nil {
			_, err = repository.Lookup(context.Background(), "a")
		}
		var limited *transport.RateLimited
		if !errors.As(err, &limited) || time.Until(limited.Until) < 59*time.Minute {
			t.Errorf("%s: %v", path, err)
		}
		if asked := registry.Asked(path); asked != 1 {
			t.Errorf("%s: asked %d times", path, asked)
		}
	}
}

func TestARegistrysLimitHoldsForAllSessionsOfAnAccount(t *testing.T) {
	registry := forge.NewRegistry(t)
	registry.Push(t, "", "a")
	clients := source.NewShared(time.Now, transport.LocalNetworks())
	open := func(password string) source.Source {
		return openWith(t, source.Config{
			Type: v1.InputProviderOCIArtifactTag, URL: registry.URL, Pools: clients.Pools(), Registry: login(password),
			TLS: &tls.Config{RootCAs: registry.Trust(), MinVersion: tls.VersionTLS12},
		})
	}
	registry.Break(only("/tags/list", forge.Status(http.StatusTooManyRequests, "Retry-After", "3600")))
	_, first := open(forge.Token).List(context.Background(), source.Query{})
	registry.Break(nil)
	asked := registry.Asked("")
	_, second := open(forge.Token).List(context.Background(), source.Query{})
	var limited *transport.RateLimited
	if !errors.As(first, &limited) || !errors.As(second, &limited) || registry.Asked("") != asked {
		t.Errorf("asked %d times more\nat first: %v\nthen: %v", registry.Asked("")-asked, first, second)
	}
	if _, err := open("wr0ng").List(context.Background(), source.Query{}); !errors.Is(err, transport.ErrUnauthorized) {
		t.Errorf("another account: %v", err)
	}
}

func TestAWrongPasswordIsRefusedAndNotRepeated(t *testing.T) {
	registry := forge.NewRegistry(t)
	registry.Push(t, "", "a")
	for _, password := range []string{"", "wr0ng-s3cret"} {
		_, err := pull(t, registry, password).List(context.Background(), source.Query{})
		if !errors.Is(err, transport.ErrUnauthorized) || password != "" && strings.Contains(err.Error(), password) {
			t.Errorf("with the password %q: %v", password, err)
		}
	}
}

func TestAnAnonymousRegistryNeedsNoLogin(t *testing.T) {
	registry := forge.NewRegistry(t)
	registry.Password = ""
	registry.Push(t, "", "a")
	if items := list(t, pull(t, registry, "")); len(items) != 1 {
		t.Errorf("listed %v", items)
	}
}

func TestCredentialsDoNotGoOverPlainHTTP(t *testing.T) {
	registry := forge.NewRegistry(t)
	registry.Push(t, "", "a")
	registry.Password = ""
	plain := httptest.NewServer(registry)
	t.Cleanup(plain.Close)
	at := plain.Listener.Addr().String()
	for _, insecure := range []bool{false, true} {
		repository, err := source.New(source.Config{Type: v1.InputProviderOCIArtifactTag, URL: "oci://" + at + "/acme/api", Insecure: insecure})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := repository.List(context.Background(), source.Query{}); (err == nil) != insecure {
			t.Errorf("with insecure %v: %v", insecure, err)
		}
	}
}

func TestTheURLOfARegistryIsARepository(t *testing.T) {
	for _, url := range []string{
		"https://registry.example.com/api", "oci://registry.example.com", "oci://registry.example.com/", "oci://registry.example.com/api:v1",
		"oci://registry.example.com/api@sha256:0", "oci://flux:s3cret@registry.example.com/api", "oci://registry.example.com/API", "oci:///api",
	} {
		_, err := source.New(source.Config{Type: v1.InputProviderOCIArtifactTag, URL: url})
		if err == nil || !strings.Contains(err.Error(), "expected oci://HOST/REPOSITORY") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", url, err)
		}
	}
	for _, url := range []string{"oci://registry/api", "oci://registry.example.com/team/api/", "oci://localhost:5000/api", "oci://docker.io/nginx"} {
		if _, err := source.New(source.Config{Type: v1.InputProviderOCIArtifactTag, URL: url}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
