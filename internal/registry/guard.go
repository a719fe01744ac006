package registry

import (
	"bytes"
	"context"
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

	"github.com/eddy-previews/eddy/internal/transport"
)

// guard stands between the client of a registry and the network: what comes
// through is whole, nothing goes over plain HTTP unless that is wanted, nobody
// is led to another host, and of an error nothing is let through that a
// registry's documentation does not know.
type guard struct {
	*transport.Sender
	config transport.Config
	// registry is who counts in the metrics, whomever it sends its clients to.
	registry string
	plain    bool
	// account is who logs in: a registry counts by account, and gives each
	// session a token of its own.
	account string
	// secrets are not to be repeated.
	secrets []string
	// why nothing came through, the last time.
	why atomic.Pointer[transport.Error]
	// encrypted says that the first answer of the registry was.
	encrypted atomic.Pointer[bool]
}

func newGuard(config transport.Config, registry string, plain bool) *guard {
	g := &guard{registry: registry, plain: plain}
	config.Account = func(context.Context) (string, error) { return g.account, nil }
	g.config, g.Sender = config, transport.NewSender(config)
	g.Counts = transport.Host(registry)
	return g
}

// as says who asks from now on, before anybody does.
func (g *guard) as(login authn.AuthConfig) {
	g.account = fmt.Sprintf("%q", login)
	for _, secret := range []string{login.Password, login.RegistryToken, login.IdentityToken, login.Auth} {
		g.secrets = append(g.secrets, transport.Spellings(login.Username, secret)...)
	}
}

// errPlain is what a host that looks local is not to be asked over plain HTTP.
var errPlain = &transport.Error{What: "no plain HTTP without spec.insecure", Kind: transport.ErrInvalidAnswer}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := g.ask(req)
	var why *transport.Error
	errors.As(err, &why) // nil where there is none
	g.why.Store(why)
	return resp, err
}

func (g *guard) ask(req *http.Request) (*http.Response, error) {
	if err := g.mayAsk(req.URL); err != nil {
		return nil, err
	}
	answer, err := g.Send(req)
	if err != nil {
		return nil, err
	}
	if req.URL.Host == g.registry {
		encrypted := req.URL.Scheme == "https"
		g.encrypted.CompareAndSwap(nil, &encrypted)
	}
	if err := errors.Join(transport.CheckLocation(answer.Response), g.checkRealm(answer.Response)); err != nil {
		return nil, err
	}
	body := answer.Text
	if answer.StatusCode >= http.StatusBadRequest {
		body = g.errorsOf(answer)
		answer.ContentLength = int64(len(body))
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	if err := answer.Obey(); err != nil {
		return nil, err
	}
	return answer.Response, nil
}

// mayAsk refuses plain HTTP where it was not asked for, and where the registry
// itself speaks TLS and names a host for tokens that does not.
func (g *guard) mayAsk(to *url.URL) error {
	encrypted := g.encrypted.Load()
	switch {
	case to.Scheme != "https" && !g.plain:
		return errPlain
	case to.Scheme != "https" && encrypted != nil && *encrypted:
		return transport.ErrPlainHTTP
	default:
		return nil
	}
}

// realm is the host to which a registry sends its clients for a token.
var realm = regexp.MustCompile(`(?i)realm="([^"]*)"`)

// checkRealm refuses an address that may not be asked, by its name: the library
// refuses some, and does not say which. A host name is looked at when it is
// dialled.
func (g *guard) checkRealm(resp *http.Response) error {
	for _, found := range realm.FindAllStringSubmatch(resp.Header.Get("WWW-Authenticate"), -1) {
		at, err := url.Parse(found[1])
		if err != nil {
			continue // the library says so
		}
		if address, err := netip.ParseAddr(at.Hostname()); err == nil {
			if err := g.MayDial(address); err != nil {
				return err
			}
		}
	}
	return nil
}

// errorCode is how registries write what is wrong.
var errorCode = regexp.MustCompile(`^[A-Z_]{1,40}$`)

// maxDiagnostics bounds how many errors of one answer are told.
const maxDiagnostics = 3

// errorsOf leaves of an error what the specification gives it: codes and
// messages.
//
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
func (g *guard) errorsOf(answer *transport.Answer) []byte {
	type diagnostic struct {
		Code    string `json:"code"`
		Message string `json:"message,omitempty"`
	}
	var said struct {
		Errors []diagnostic `json:"errors"`
	}
	if json.Unmarshal(answer.Text, &said) != nil {
		return nil
	}
	kept := said.Errors[:0]
	for _, one := range said.Errors[:min(len(said.Errors), maxDiagnostics)] {
		if !transport.ClaimsJSON(answer.Header) {
			one.Message = "" // codes are few, and some registries forget to say
		}
		if errorCode.MatchString(one.Code) {
			kept = append(kept, diagnostic{one.Code, g.config.Redact(one.Message, answer.Request, g.secrets...)})
		}
	}
	said.Errors = kept
	out, err := json.Marshal(said)
	if err != nil {
		return nil
	}
	return out
}
