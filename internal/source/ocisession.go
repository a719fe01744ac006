package source

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"sync/atomic"

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
		return nil, IdentityError(o.guard.config, err)
	}
	o.guard.account = digestOf(login)
	for _, secret := range []string{login.Password, login.RegistryToken, login.IdentityToken, login.Auth} {
		o.guard.secrets = append(o.guard.secrets, spellings(login.Username, secret)...)
	}
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
	var known *answer
	var said *transport.Error
	if !errors.As(err, &known) && errors.As(err, &said) {
		what := fmt.Sprintf("%d %s", said.StatusCode, http.StatusText(said.StatusCode))
		for _, d := range said.Errors {
			what += fmt.Sprintf(" (%s: %s)", d.Code, d.Message)
		}
		err = &answer{what: what, kind: kindOfCode(said.StatusCode)}
	} else if why := o.guard.why.Load(); why != nil && (known == nil || errors.Is(why, errNetwork)) {
		err = why // where the library has put its own words in the place of ours, or that of https before it
	}
	return failed(action, o.url, err)
}

// ociGuard stands between the client of a registry and the network: what comes
// through is whole, nothing goes over plain HTTP unless that is wanted, nobody
// is led to another host, and of an error nothing is let through that a
// registry's documentation does not know.
type ociGuard struct {
	config Config
	way    *way
	shared *Clients
	// registry is who counts in the metrics, whomever it sends its clients to.
	registry host
	plain    bool
	// account is a digest of who logs in: a registry counts by account, and
	// gives each session a token of its own.
	account [sha256.Size]byte
	// secrets are not to be repeated.
	secrets []string
	// why nothing came through, the last time.
	why atomic.Pointer[answer]
	// encrypted says that the first answer of the registry was.
	encrypted atomic.Pointer[bool]
}

// errPlain is what a host that looks local is not to be asked over plain HTTP.
var errPlain = &answer{what: "no plain HTTP without spec.insecure", kind: ErrInvalidAnswer}

// RoundTrip implements http.RoundTripper.
func (g *ociGuard) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := g.ask(req)
	var why *answer
	errors.As(err, &why) // nil where there is none
	g.why.Store(why)
	return resp, err
}

func (g *ociGuard) ask(req *http.Request) (*http.Response, error) {
	if err := g.mayAsk(req.URL); err != nil {
		return nil, err
	}
	who := caller{asker{g.way, g.account}, host(req.URL.Host)}
	resp, body, err := g.shared.exchange(req, who, g.registry)
	if err != nil {
		return nil, err
	}
	if host(req.URL.Host) == g.registry {
		encrypted := req.URL.Scheme == "https"
		g.encrypted.CompareAndSwap(nil, &encrypted)
	}
	if err := errors.Join(checkLocation(resp), g.checkRealm(resp)); err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		body = g.errorsOf(resp, body)
		resp.ContentLength = int64(len(body))
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var refusal error
	if isRefusal(resp) {
		what := fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
		refusal = &answer{what: what, kind: &RateLimited{Until: g.shared.limits.until(resp.Header)}}
	}
	g.shared.limits.read(who, resp.Header, refusal)
	if refusal != nil {
		return nil, refusal
	}
	return resp, nil
}

// mayAsk refuses plain HTTP where it was not asked for, and where the registry
// itself speaks TLS and names a host for tokens that does not.
func (g *ociGuard) mayAsk(to *url.URL) error {
	encrypted := g.encrypted.Load()
	switch {
	case to.Scheme != "https" && !g.plain:
		return errPlain
	case to.Scheme != "https" && encrypted != nil && *encrypted:
		return errPlainHTTP
	default:
		return g.config.checkRequest(to)
	}
}

// checkLocation refuses a redirect to another host or out of an encrypted
// connection. Blobs are what registries keep elsewhere, and nobody asks for them.
func checkLocation(resp *http.Response) error {
	from := resp.Request.URL
	if resp.StatusCode/100 != 3 || resp.Header.Get("Location") == "" {
		return nil
	}
	to, err := from.Parse(resp.Header.Get("Location"))
	if err != nil {
		return &answer{what: "redirected to nowhere", kind: ErrInvalidAnswer}
	}
	return checkRedirect(&http.Request{URL: to}, []*http.Request{resp.Request})
}

// realm is the host to which a registry sends its clients for a token.
var realm = regexp.MustCompile(`(?i)realm="([^"]*)"`)

// checkRealm refuses an address that may not be asked, by its name: the library
// refuses some, and does not say which. A host name is looked at when it is
// dialled.
func (g *ociGuard) checkRealm(resp *http.Response) error {
	for _, found := range realm.FindAllStringSubmatch(resp.Header.Get("WWW-Authenticate"), -1) {
		at, err := url.Parse(found[1])
		if err != nil {
			continue // the library says so
		}
		if address, err := netip.ParseAddr(at.Hostname()); err == nil {
			if err := g.shared.ways.networks.check(address); err != nil {
				return err
			}
		}
	}
	return nil
}

// errorCode is how registries write what is wrong.
var errorCode = regexp.MustCompile(`^[A-Z_]{1,40}$`)

// errorsOf leaves of an error what the specification gives it: codes and
// messages.
//
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
func (g *ociGuard) errorsOf(resp *http.Response, body []byte) []byte {
	type diagnostic struct {
		Code    string `json:"code"`
		Message string `json:"message,omitempty"`
	}
	var said struct {
		Errors []diagnostic `json:"errors"`
	}
	if json.Unmarshal(body, &said) != nil {
		return nil
	}
	secrets := append(secretsOf(g.config, resp.Request), g.secrets...)
	kept := said.Errors[:0]
	for _, one := range said.Errors[:min(len(said.Errors), maxDiagnostics)] {
		if !claimsJSON(resp.Header) {
			one.Message = "" // codes are few, and some registries forget to say
		}
		if errorCode.MatchString(one.Code) {
			kept = append(kept, diagnostic{one.Code, repeated(one.Message, secrets)})
		}
	}
	said.Errors = kept
	out, err := json.Marshal(said)
	if err != nil {
		return nil
	}
	return out
}

// maxDiagnostics bounds how many errors of one answer are told.
const maxDiagnostics = 3
