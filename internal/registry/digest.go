package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	ocitransport "github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/eddy-previews/eddy/internal/transport"
)

// ErrNoTag is a registry that says that it has no such tag, in a repository that
// is there: a 404 alone may be that of a proxy.
var ErrNoTag = &transport.Error{What: "there is no such tag", Kind: transport.ErrNotFound}

// Digest returns what a tag stands for, such as sha256:HEX, or ErrNoTag.
func (r *Repository) Digest(ctx context.Context, tag string) (string, error) {
	digest, err := r.digest(ctx, tag)
	if err != nil {
		return "", r.failed(fmt.Sprintf("looking up the tag %q", tag), err)
	}
	return digest, nil
}

func (r *Repository) digest(ctx context.Context, tag string) (string, error) {
	session, err := r.login(ctx)
	if err != nil {
		return "", err
	}
	ref := r.repository.Tag(tag)
	options := []remote.Option{remote.WithContext(ctx), remote.WithTransport(session)}
	head, err := remote.Head(ref, options...)
	var limited *transport.RateLimited
	switch {
	case err == nil:
		return head.Digest.String(), nil
	case errors.As(err, &limited) || ctx.Err() != nil:
		return "", err
	}
	// The answer to HEAD has no body that says why, and with some registries no digest.
	got, err := remote.Get(ref, options...)
	switch {
	case isNoManifest(err):
		return "", ErrNoTag
	case err != nil:
		return "", err
	}
	return got.Digest.String(), nil
}

// isNoManifest tells a tag that is gone from anything else that answers 404: a
// proxy, a repository that is gone or hidden from an account.
func isNoManifest(err error) bool {
	var said *ocitransport.Error
	return errors.As(err, &said) && said.StatusCode == http.StatusNotFound &&
		slices.ContainsFunc(said.Errors, func(d ocitransport.Diagnostic) bool {
			return d.Code == ocitransport.ManifestUnknownErrorCode || d.Code == "NOT_FOUND" // as Harbor says it
		})
}
