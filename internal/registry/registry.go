// Package registry reads a repository of an OCI registry: its tags, and the
// digests that they stand for.
//
//	repository, err := registry.Open(registry.Config{Config: transport.Config{URL: "oci://registry.example.com/acme/api"}})
//	tags, err := repository.Tags(ctx)
//	digest, err := repository.Digest(ctx, tags[0])
//
// What differs between registries is how credentials come about, which is the
// caller's. A listing is whole or an error, and a tag is gone only where the
// registry says so.
//
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	ocitransport "github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/eddy-previews/eddy/internal/transport"
)

// form is how the repository of a registry is written.
const form = "oci://HOST/REPOSITORY"

// Config says which repository to open, and as whom.
type Config struct {
	transport.Config
	// Keychain has the credentials; nil asks anonymously.
	Keychain authn.Keychain
	// Insecure allows plain HTTP, where there are no certificates.
	Insecure bool
	// Bounds of a listing.
	Bounds transport.Bounds
}

// Repository is a repository in a registry, as somebody.
type Repository struct {
	config     Config
	url        address
	repository name.Repository
	guard      *guard

	mu sync.Mutex
	// session is logged in; nil until it is needed.
	session http.RoundTripper
}

// address is the URL of a repository in a registry.
type address string

// String returns the URL.
func (a address) String() string { return string(a) }

// Open opens a repository. Nothing is asked yet.
func Open(config Config) (*Repository, error) {
	path, ok := strings.CutPrefix(config.URL, "oci://")
	if !ok || strings.ContainsAny(path, "@?#") {
		return nil, fmt.Errorf("parsing the repository URL: it is not a repository without tag, digest and credentials; expected %s", form)
	}
	// Certificates say that the registry is to be reached by TLS.
	plain := config.Insecure && config.TLS == nil
	var options []name.Option
	if plain {
		options = append(options, name.Insecure)
	}
	path = strings.TrimRight(path, "/")
	repository, err := nameOf(path, options)
	if err != nil {
		return nil, fmt.Errorf("parsing the repository URL: %w; expected %s", err, form)
	}
	return &Repository{
		config: config, url: address("oci://" + path), repository: repository,
		guard: newGuard(config.Config, repository.RegistryStr(), plain),
	}, nil
}

// nameOf reads HOST/REPOSITORY. The first part is always a host: unlike on a
// command line, nothing is completed to be on Docker Hub.
func nameOf(path string, options []name.Option) (name.Repository, error) {
	host, repository, _ := strings.Cut(path, "/")
	if host == "" || repository == "" {
		return name.Repository{}, fmt.Errorf("%q has no host or no repository", path)
	}
	if strings.ContainsAny(host, ".:") || host == "localhost" {
		return name.NewRepository(path, options...)
	}
	checked, err := name.NewRepository("registry.invalid/" + repository)
	if err != nil {
		return name.Repository{}, err
	}
	registry, err := name.NewRegistry(host, options...)
	return registry.Repo(checked.RepositoryStr()), err
}

// failed puts a registry's error into words of our own.
func (r *Repository) failed(action string, err error) error {
	var known *transport.Error
	var said *ocitransport.Error
	if !errors.As(err, &known) && errors.As(err, &said) {
		what := fmt.Sprintf("%d %s", said.StatusCode, http.StatusText(said.StatusCode))
		for _, d := range said.Errors {
			what += fmt.Sprintf(" (%s: %s)", d.Code, d.Message)
		}
		err = &transport.Error{What: what, Kind: transport.KindOf(said.StatusCode)}
	} else if why := r.guard.why.Load(); why != nil && (known == nil || errors.Is(why, transport.ErrNetwork)) {
		err = why // where the library has put its own words in the place of ours, or that of https before it
	}
	return transport.Failed(action, r.url, err)
}

// credentials are those that the keychain has for the repository.
func (r *Repository) credentials(ctx context.Context) (authn.AuthConfig, error) {
	if r.config.Keychain == nil {
		return authn.AuthConfig{}, nil
	}
	found, err := authn.Resolve(ctx, r.config.Keychain, r.repository)
	if err != nil {
		return authn.AuthConfig{}, err
	}
	login, err := authn.Authorization(ctx, found)
	if err != nil {
		return authn.AuthConfig{}, err
	}
	return *login, nil
}

// login answers the registry's challenge, once.
func (r *Repository) login(ctx context.Context) (http.RoundTripper, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.session != nil {
		return r.session, nil
	}
	login, err := r.credentials(ctx)
	if err != nil {
		return nil, transport.IdentityError(r.config.Config, err)
	}
	r.guard.as(login)
	r.session, err = ocitransport.NewWithContext(ctx, r.repository.Registry, authn.FromConfig(login), r.guard,
		[]string{r.repository.Scope(ocitransport.PullScope)})
	return r.session, err
}
