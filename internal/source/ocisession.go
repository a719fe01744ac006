package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// login answers the registry's challenge, once.
func (o *ociRepository) login(ctx context.Context) (http.RoundTripper, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.session != nil {
		return o.session, nil
	}
	login, err := o.credentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("getting credentials: %w", err)
	}
	o.guard.account = digestOf(login)
	o.secrets = []string{login.Password, login.RegistryToken, login.IdentityToken, login.Auth}
	o.session, err = transport.NewWithContext(ctx, o.repository.Registry, authn.FromConfig(login), o.guard,
		[]string{o.repository.Scope(transport.PullScope)})
	return o.session, err
}

func (o *ociRepository) credentials(ctx context.Context) (authn.AuthConfig, error) {
	if o.registry == nil {
		return authn.AuthConfig{}, nil
	}
	found, err := authn.Resolve(ctx, o.registry, o.repository)
	if err != nil {
		return authn.AuthConfig{}, err
	}
	login, err := authn.Authorization(ctx, found)
	if err != nil {
		return authn.AuthConfig{}, err
	}
	return *login, nil
}

// failed puts a registry's error into the words of this package.
func (o *ociRepository) failed(action string, err error) error {
	o.mu.Lock()
	secrets := o.secrets
	o.mu.Unlock()
	var known *answer
	var said *transport.Error
	if !errors.As(err, &known) && errors.As(err, &said) {
		what := fmt.Sprintf("%d %s", said.StatusCode, http.StatusText(said.StatusCode))
		for _, d := range said.Errors {
			what += fmt.Sprintf(" (%s: %s)", d.Code, short(d.Message))
		}
		err = &answer{what: what, kind: kindOfCode(said.StatusCode)}
	}
	return hidden{failed(action, o.url, err), secrets}
}

// ociGuard stands between the client of a registry and the network: what comes
// through is whole, and nothing goes over plain HTTP unless that is wanted.
type ociGuard struct {
	way    *way
	shared *Clients
	// registry is who counts in the metrics, whomever it sends its clients to.
	registry host
	plain    bool
	// account is a digest of who logs in: a registry counts by account, and
	// gives each session a token of its own.
	account [sha256.Size]byte
}

// errPlain is what a host that looks local is not to be asked over plain HTTP.
var errPlain = &answer{what: "no plain HTTP without spec.insecure", kind: ErrInvalidAnswer}

// RoundTrip implements http.RoundTripper.
func (g *ociGuard) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && !g.plain {
		return nil, errPlain
	}
	who := caller{asker{g.way, g.account}, host(req.URL.Host)}
	if err := g.shared.limits.wait(req.Context(), who); err != nil {
		return nil, err
	}
	resp, err := g.way.transport.RoundTrip(req)
	g.shared.calls.count(g.registry, resp)
	if err != nil {
		return nil, err
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, &answer{what: err.Error(), kind: ErrInvalidAnswer}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var refusal error
	if isRefusal(resp) {
		refusal = &answer{what: resp.Status, kind: &RateLimited{Until: g.shared.limits.until(resp.Header)}}
	}
	g.shared.limits.read(who, resp.Header, refusal)
	if refusal != nil {
		return nil, refusal
	}
	return resp, nil
}
