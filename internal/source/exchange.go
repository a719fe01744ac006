package source

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
)

// exchange sends a request and reads the whole answer. An error says in words of
// our own what went wrong on the way.
func (c *Clients) exchange(req *http.Request, who caller, counted host) (*http.Response, []byte, error) {
	if err := c.limits.wait(req.Context(), who); err != nil {
		return nil, nil, err
	}
	resp, err := who.way.route.RoundTrip(req)
	c.calls.count(counted, resp)
	if err != nil {
		return nil, nil, unreached(err)
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, nil, err
	}
	return resp, body, meterOf(req.Context()).read(len(body))
}

// unreached says why there is no answer. The words of Go repeat what a server
// has sent that speaks no HTTP, and that is for nobody to read by way of us.
func unreached(err error) error {
	if known := inOwnWords(err); known != nil {
		return known
	}
	var dial *net.OpError
	var timeout net.Error
	switch {
	case isCertificate(err):
		return &answer{what: certificateWords(err), kind: ErrInvalidAnswer}
	case errors.As(err, &dial):
		return &answer{what: dialWords(dial), kind: ErrUnavailable}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &answer{what: "no answer in time", kind: ErrUnavailable}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &answer{what: "the connection ended before the answer did", kind: ErrUnavailable}
	case errors.Is(err, http.ErrSchemeMismatch):
		return &answer{what: "it answers in plain HTTP, where HTTPS was asked for", kind: ErrInvalidAnswer}
	default:
		return &answer{what: "the answer is not HTTP", kind: ErrInvalidAnswer}
	}
}

// dialWords are the words of a connection that failed. Those with which a proxy
// refuses are its own, and are left out.
func dialWords(failed *net.OpError) string {
	var inner *net.OpError
	switch {
	case failed.Op != "proxyconnect":
		return failed.Error()
	case errors.As(failed.Err, &inner):
		return "connecting to the proxy: " + inner.Error()
	default:
		return "the proxy does not connect to it"
	}
}

func isCertificate(err error) bool {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.As(err, &verification) || errors.As(err, &record)
}

// certificateWords say what is wrong with a certificate, and not what it holds.
func certificateWords(err error) string {
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &record):
		return "it does not speak TLS"
	case errors.As(err, &name):
		return "its certificate is not valid for " + name.Host
	case errors.As(err, &unknown):
		return "x509: its certificate is signed by an unknown authority; name its authority in spec.certSecretRef"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not yet valid"
	default:
		return "its certificate is not valid"
	}
}

// readAll reads an answer and closes it.
func readAll(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	closeErr := resp.Body.Close()
	if err = errors.Join(err, closeErr); err != nil {
		why := unreached(err)
		var said *answer
		if errors.As(why, &said) {
			return nil, &answer{what: "the answer ended early: " + strings.TrimSuffix(said.what, "the answer is not HTTP"), kind: ErrInvalidAnswer}
		}
		return nil, why
	}
	if len(body) > maxBody {
		return nil, &answer{what: "the answer is larger than 10 MiB", kind: ErrInvalidAnswer}
	}
	return body, nil
}
