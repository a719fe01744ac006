// Package source finds what can be previewed: the open pull requests, the
// branches, the tags and the environments of a forge, the tags of a registry,
// what a service says, told in one vocabulary.
//
//	src, err := source.New(source.Config{
//		Type: v1.InputProviderGiteaPullRequest,
//		URL:  "https://gitea.example.com/acme/api",
//	})
//	items, err := src.List(ctx, source.Query{})
//
// It promises three things. A listing is whole or it is an error: where
// absence deletes, half an answer is no answer. An error says what was wrong,
// where, and what to do, and never holds a credential. And what differs
// between forges stands in the forge's file, while what is the same (paging,
// caps, waits, errors) stands once, in collection.go, paging.go and httpx.go.
package source

import (
	"cmp"
	"context"
	"crypto/tls"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-containerregistry/pkg/authn"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Item is one thing found at a forge: a pull request, a branch, a tag.
type Item struct {
	// ID is unique and stable within the repository: the number of a request.
	// Empty where the forge gives none: the watcher makes one of Name.
	ID string
	// Name that is unique within the repository, of a thing that the forge does
	// not number: a branch, a tag. Empty where it has a number.
	Name string
	// SHA is the head commit, in hexadecimal.
	SHA string
	// Tag is the tag, as it is written; without refs/tags/.
	Tag string
	// Digest is what a registry's tag stands for, such as sha256:HEX.
	Digest string
	// Branch is the source branch, without refs/heads/.
	Branch string
	// Environment is the name of a deployment environment.
	Environment string
	// TargetBranch is the branch that the request asks to be merged into.
	TargetBranch string
	// Title as the author wrote it.
	Title string
	// Author is the login, or where a forge has none, the display name.
	Author string
	// Login is what filters by author go by, where Author is a name that everybody
	// chooses for themselves; empty where it is not.
	Login string
	// Slug is the branch as GitLab writes it into host names (CI_COMMIT_REF_SLUG).
	Slug string
	// Labels in the forge's order.
	Labels []string
	// URL is the request's web page.
	URL string
	// Fork says that the source branch is in another repository.
	Fork bool
	// Draft says that the author does not yet ask for a merge.
	Draft bool
	// UpdatedAt is when the request was last touched; zero when unknown.
	UpdatedAt time.Time
	// Closed says that the request is closed or merged. A listing holds none
	// such; a look-up may.
	Closed bool
	// Values are the whole input set of what brings its own, in the place of
	// the fields above; the id is among them where the source gives one.
	Values v1.ResourceSetInput
	// Refused says why the thing cannot be an input as it is now; nil when it
	// can. The others of the listing are none the worse for it.
	Refused error
	// Nameless says that the ID is only where the thing stands in the listing:
	// it may be any of those that are missing.
	Nameless bool
}

// unnamed is the login of an author who has none: it is nobody's.
const unnamed = "\x00"

// WrittenBy is the name of the author that nobody can choose freely.
func (i Item) WrittenBy() string { return cmp.Or(i.Login, i.Author) }

// IsComplete reports whether it is known what to deploy. A request whose merge
// the forge has yet to try is not.
func (i Item) IsComplete() bool { return i.SHA != "" || i.Digest != "" || i.Values != nil }

// Key is what its forge knows the item by: the name of what is not numbered,
// otherwise the ID.
func (i Item) Key() string { return cmp.Or(i.Name, i.ID) }

// IsRequest reports whether the item is a pull or merge request of which more
// is known than its number.
func (i Item) IsRequest() bool { return i.SHA != "" && i.Name == "" && i.Environment == "" }

// RefName is what patterns for names are held against: the name of a tag or an
// environment, otherwise the branch. What brings its own input set goes by its
// key.
func (i Item) RefName() string { return cmp.Or(i.Tag, i.Environment, i.Branch, i.Key()) }

// HasLabel reports whether the item carries the label, case-sensitively.
func (i Item) HasLabel(label string) bool {
	for _, l := range i.Labels {
		if l == label {
			return true
		}
	}
	return false
}

// Query narrows a listing where the forge can do so cheaply. A source may
// return more than was asked for, never less.
type Query struct {
	// Labels that a request must have, all of them.
	Labels []string
}

// Source lists the open requests of one repository, or what else its type
// watches.
type Source interface {
	// List returns everything that matches q, or an error: the newest request
	// first, branches and tags in the forge's order.
	List(ctx context.Context, q Query) ([]Item, error)
	// Lookup returns one item by its key, open or closed, or ErrNotFound when
	// the forge says that there is none.
	Lookup(ctx context.Context, key string) (Item, error)
}

// Resolver is a Source whose listing is cheap because it tells names alone:
// what else there is to know costs a request for each item, and so is asked
// for once it is known which items are kept.
type Resolver interface {
	// Resolve returns the items complete, in their order, without those that
	// are gone by now. It is whole or an error.
	Resolve(ctx context.Context, items []Item) ([]Item, error)
}

// Config says which repository to watch, and as whom.
type Config struct {
	// Type is a value of spec.type.
	Type string
	// URL of the repository as a person copies it from the browser; a trailing
	// slash or ".git" does no harm.
	URL string
	// Credentials for the forge; the zero value asks anonymously.
	Credentials Credentials
	// TLS settings for a private certificate authority or a client
	// certificate; nil for the system's.
	TLS *tls.Config
	// Proxy that every request goes through, with its credentials; nil for that
	// of the environment, if any.
	Proxy *url.URL
	// Insecure allows plain HTTP to a registry.
	Insecure bool
	// Registry has the credentials for a registry; nil asks anonymously.
	Registry authn.Keychain
	// AWS signs requests to AWS; nil asks anonymously, and is for anything else.
	AWS aws.CredentialsProvider
	// Artifacts lists the selected ExternalArtifacts; nil for anything else.
	Artifacts func(context.Context) ([]Artifact, error)
	// Bounds of a listing; the zero value for those of every provider.
	Bounds Bounds
	// Clients to share with others; nil for none.
	Clients *Clients
}

// Credentials are what a Secret holds.
type Credentials struct {
	Username string
	// Password is a token wherever the forge has tokens.
	Password string
	// Token goes into the header Authorization as a bearer token, in the place
	// of the two above: that of a cloud's identity, or of a service.
	Token string
}
