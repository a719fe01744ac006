package source_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

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

// pull opens the repository of a registry, as somebody who knows its password.
func pull(t *testing.T, r *forge.Registry) source.Source {
	t.Helper()
	return openWith(t, source.Config{
		Type: v1.InputProviderOCIArtifactTag, URL: r.URL, Registry: login(forge.Token),
		TLS: &tls.Config{RootCAs: r.Trust(), MinVersion: tls.VersionTLS12},
	})
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
	repository := pull(t, registry)
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

func TestATagThatIsGoneIsNotFoundAndLeftOut(t *testing.T) {
	registry := forge.NewRegistry(t)
	registry.Push(t, "", "a", "b")
	repository := pull(t, registry)
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
		repository := pull(t, registry)
		items := list(t, repository)
		registry.Break(fault)
		if kept, err := repository.(source.Resolver).Resolve(context.Background(), items); err == nil {
			t.Errorf("%s: resolved %+v", name, kept)
		}
	}
}

func TestOfARegistryItIsSaidWhatToDoToo(t *testing.T) {
	for fault, words := range map[int]string{http.StatusBadGateway: "will be asked again", http.StatusForbidden: "check that the token may read"} {
		registry := forge.NewRegistry(t)
		registry.Push(t, "", "a")
		registry.Break(func(w http.ResponseWriter, r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, "/list") && forge.Status(fault)(w, r)
		})
		if _, err := pull(t, registry).List(context.Background(), source.Query{}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%d: %v", fault, err)
		}
	}
}
