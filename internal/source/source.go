// Package source is what spec.type watches: the open pull requests, the
// branches, the tags and the environments of a forge, the tags of a registry,
// what a service says, told in one vocabulary.
//
//	src, err := source.New(source.Config{
//		Type: v1.InputProviderGiteaPullRequest,
//		URL:  "https://gitea.example.com/acme/api",
//	})
//	items, err := src.List(ctx, source.Query{})
//
// types.go has the table of all types: where each is found, and what it tells.
//
//	spec.type ──> types.go ──> forge/NAME (requests, branches, tags, files) ──┐
//	                      ├──> registry (tags, digests)                       ├──> transport
//	                      ├──> service.go                                     ┘
//	                      └──> artifacts.go ──> the API server
//
// It promises two things. A listing is whole or it is an error: where absence
// deletes, half an answer is no answer. And an error says what was wrong,
// where, and what to do (remedy.go), and never holds a credential.
package source

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/forge/codecommit"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/internal/registry"
	"github.com/eddy-previews/eddy/internal/transport"
)

var (
	// ErrUnsupported is a type that this version does not know.
	ErrUnsupported = errors.New("this type is not supported by this version")
	// ErrSpec is a provider that only a change of its spec can mend.
	ErrSpec = errors.New("the spec is to be corrected")
)

// What a source lists is told in the vocabulary of forges.
type (
	// Item is one thing that is watched.
	Item = forge.Item
	// Query narrows a listing.
	Query = forge.Query
)

// Source lists the open requests of one repository, or what else its type
// watches.
type Source interface {
	lister
	Resolver
	// Files tells which files a request changes, or ErrUnsupported where the type
	// does not tell: see Tells.
	forge.Files
	// Checks tells what CI says of a commit, or ErrUnsupported: see Type.Checks.
	forge.Checks
	// Repository is the one of a forge that requests or branches are watched in, or
	// ErrUnsupported for what is watched elsewhere.
	Repository() (forge.Repository, error)
}

// lister is what every type can.
type lister interface {
	// List returns everything that matches q, or an error: the newest request
	// first, branches and tags in the forge's order.
	List(ctx context.Context, q Query) ([]Item, error)
	// Lookup returns one item by its key, open or closed, or
	// transport.ErrNotFound when it is said that there is none.
	Lookup(ctx context.Context, key string) (Item, error)
}

// Resolver tells the rest: the listing of some types is cheap because it tells
// names alone. What else there is to know costs a request for each item, and so
// is asked for once it is known which items are kept.
type Resolver interface {
	// Resolve returns the items complete, in their order, without those that
	// are gone by now. It is whole or an error.
	Resolve(ctx context.Context, items []Item) ([]Item, error)
}

// Config says what to watch, and as whom.
type Config struct {
	// Type is a value of spec.type.
	Type string
	// URL of the repository as a person copies it from the browser; a trailing
	// slash or ".git" does no harm.
	URL string
	// Credentials for the forge; the zero value asks anonymously.
	Credentials transport.Credentials
	// TLS settings for a private certificate authority or a client
	// certificate; nil for the system's.
	TLS *tls.Config
	// Proxy that every request goes through, with its credentials; nil for that
	// of the environment, if any.
	Proxy *url.URL
	// Insecure allows plain HTTP to a registry or a service.
	Insecure bool
	// Registry has the credentials for a registry; nil asks anonymously.
	Registry authn.Keychain
	// AWS signs requests to AWS; nil asks anonymously, and is for anything else.
	AWS aws.CredentialsProvider
	// Artifacts lists the selected ExternalArtifacts; nil for anything else.
	Artifacts func(context.Context) ([]Artifact, error)
	// Bounds of a listing; the zero value for those of every provider.
	Bounds transport.Bounds
	// Pools to share with others; nil for none.
	Pools *transport.Pools
}

// Way is how the configuration gets there, and as whom.
func (c Config) Way() transport.Config {
	way := transport.Config{URL: c.URL, Credentials: c.Credentials, TLS: c.TLS, Proxy: c.Proxy, Pools: c.Pools}
	if c.isIdentity() {
		way.Service = c.identity().Service
	}
	return way
}

// forge is the configuration of a forge.
func (c Config) forge() forge.Config {
	config := forge.Config{Config: c.Way(), AWS: c.AWS, Bounds: c.Bounds}
	config.Account = codecommit.Account(config)
	return config
}

// registry is the configuration of a registry.
func (c Config) registry() registry.Config {
	return registry.Config{Config: c.Way(), Keychain: c.Registry, Insecure: c.Insecure, Bounds: c.Bounds}
}

// New opens what a type watches. Nothing is asked yet. The error is
// ErrUnsupported for a type that is not known, or says what is wrong with the
// URL.
func New(config Config) (Source, error) {
	found, err := checked(config)
	if err != nil {
		return nil, err
	}
	opened, err := found.open(config)
	if err != nil {
		return nil, err
	}
	return &watched{lister: opened, kind: found}, nil
}

// Repository opens the repository of a forge in which something is watched, with
// whatever credentials the configuration holds: what watches, and what tells
// people about it, may be different accounts.
func Repository(config Config) (forge.Repository, error) {
	found, err := checked(config)
	if err != nil {
		return nil, err
	}
	if found.repository == nil {
		return nil, fmt.Errorf("%s is not in a repository of a forge: %w", config.Type, ErrUnsupported)
	}
	return found.repository(config.forge())
}

func checked(config Config) (Type, error) {
	found, err := TypeOf(config.Type)
	if err == nil && config.isIdentity() {
		err = CheckIdentity(config)
	}
	return found, err
}

// Static is the one item of a provider that watches nothing. Its id is the
// checksum of a name that tells the provider from others.
func Static(name string) Item { return Item{ID: identity.Checksum(name)} }
