// Package forge is what forges have in common: a repository, asked as somebody,
// and what it has, told in one vocabulary.
//
//	repository, err := gitea.Open(forge.Config{
//		Config: transport.Config{URL: "https://gitea.example.com/acme/api", Credentials: login},
//	})
//	items, err := repository.Requests().List(ctx, forge.Query{})
//
// A forge is a folder beside this file, and a capability a file in it. What
// every forge can is in Repository; what some can is a small interface of its
// own, such as Files, which those implement that have it.
//
// What differs between forges stands in the forge's folder. What is the same
// stands once: a listing is whole or an error, and nothing is gone because of
// an answer that does not say so (collection.go, gone.go), and the way there
// (transport).
package forge

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/eddy-previews/eddy/internal/transport"
)

// Config says which repository to open, and as whom. Its URL is as a person
// copies it from the browser; a trailing slash or ".git" does no harm.
type Config struct {
	transport.Config
	// AWS signs requests to AWS; nil asks anonymously, and is for anything else.
	AWS aws.CredentialsProvider
	// Bounds of a listing; the zero value for those of every provider.
	Bounds transport.Bounds
}

// Query narrows a listing where the forge can do so cheaply. A forge may return
// more than was asked for, never less.
type Query struct {
	// Labels that a request must have, all of them.
	Labels []string
}

// Repository is a repository of a forge, as somebody. Opening it asks nothing.
type Repository interface {
	// Requests are the open pull or merge requests.
	Requests() *Collection
	Branches() *Collection
	Tags() *Collection
}

// Environments is a Repository that has deployment environments.
type Environments interface {
	// Environments are those that are not stopped.
	Environments() *Collection
}

// Files is a Repository that tells which files a request changes.
type Files interface {
	// Files returns the paths of the files that an item's head commit adds,
	// changes, moves (from where and to where) or deletes in comparison with
	// the target branch, from the root of the repository. It is whole, or an
	// error: ErrTooManyFiles or ErrNotComputed where the forge does not tell.
	Files(ctx context.Context, item Item) ([]string, error)
}
