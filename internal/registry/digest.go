package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

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
	return r.lookUp(ctx, tag, false)
}

// lookUp looks up a tag, of which a second time the answer to HEAD is believed: some
// registries do not do HEAD, and the first look has found that out.
func (r *Repository) lookUp(ctx context.Context, tag string, again bool) (string, error) {
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
	case again && notFound(err) != nil:
		return "", ErrNoTag
	}
	// The answer to HEAD has no body that says why, and with some registries no digest.
	got, err := remote.Get(ref, options...)
	switch {
	case isNoManifest(err):
		return "", ErrNoTag
	case err != nil:
		return "", err
	}
	return got.Digest.String(), checkManifest(got)
}

// checkManifest refuses what stands in the place of a manifest, such as the page of a
// proxy: its digest is told by nobody but its text.
//
// https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md
func checkManifest(got *remote.Descriptor) error {
	var manifest struct {
		Version   int    `json:"schemaVersion"`
		MediaType string `json:"mediaType"`
	}
	isOne := json.Unmarshal(got.Manifest, &manifest) == nil &&
		(manifest.Version == schemaVersion || strings.HasPrefix(manifest.MediaType, "application/vnd."))
	if !isOne {
		return &transport.Error{What: "200 OK with what is no manifest", Kind: transport.ErrInvalidAnswer}
	}
	return nil
}

// schemaVersion is that of every manifest and index since 2016.
const schemaVersion = 2

// notFound is what a registry says that answers 404; nil for any other answer.
func notFound(err error) *ocitransport.Error {
	var said *ocitransport.Error
	if errors.As(err, &said) && said.StatusCode == http.StatusNotFound {
		return said
	}
	return nil
}

// isNoManifest tells a tag that is gone from anything else that answers 404: a
// proxy, a repository that is gone or hidden from an account.
func isNoManifest(err error) bool {
	said := notFound(err)
	return said != nil &&
		slices.ContainsFunc(said.Errors, func(d ocitransport.Diagnostic) bool {
			return d.Code == ocitransport.ManifestUnknownErrorCode || d.Code == "NOT_FOUND" // as Harbor says it
		})
}
