package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
)

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
		return certificateError(err)
	case errors.As(err, &dial):
		return &Error{What: dialWords(dial), Kind: ErrUnavailable}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &Error{What: "no answer in time", Kind: ErrUnavailable}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{What: "the connection ended before the answer did", Kind: ErrUnavailable}
	case errors.Is(err, http.ErrSchemeMismatch):
		return &Error{What: "it answers in plain HTTP, where HTTPS was asked for", Kind: ErrInvalidAnswer}
	default:
		return &Error{What: "the answer is not HTTP", Kind: ErrInvalidAnswer}
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

// certificateError says what is wrong with a certificate, and not what it holds.
func certificateError(err error) *Error {
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &record):
		return &Error{What: "it does not speak TLS", Kind: ErrInvalidAnswer}
	case errors.As(err, &name):
		return &Error{What: "its certificate is not valid for " + name.Host, Kind: ErrInvalidAnswer}
	case errors.As(err, &unknown):
		return &Error{What: "x509: its certificate is signed by an unknown authority", Kind: ErrAuthority}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return &Error{What: "its certificate has expired or is not yet valid", Kind: ErrInvalidAnswer}
	default:
		return &Error{What: "its certificate is not valid", Kind: ErrInvalidAnswer}
	}
}
