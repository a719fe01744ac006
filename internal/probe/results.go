package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/eddy-previews/eddy/internal/transport"
)

// Results of a question, in one word each.
const (
	Answered    = "answered"
	OtherStatus = "status"
	TimedOut    = "timeout"
	Certificate = "certificate"
	NoName      = "name"
	Connection  = "connection"
	Redirected  = "redirect"
	NotAsked    = "not-asked"
)

// Results lists them.
func Results() []string {
	return []string{Answered, OtherStatus, TimedOut, Certificate, NoName, Connection, Redirected, NotAsked}
}

// Failure is why there is no answer.
type Failure struct {
	// Result is one of those above.
	Result string
	words  string
}

// Error says why, in words for a person.
func (f *Failure) Error() string { return f.words }

func failed(result, format string, args ...any) *Failure {
	return &Failure{Result: result, words: fmt.Sprintf(format, args...)}
}

// ResultOf is the result of a question that ended so.
func ResultOf(err error) string {
	var failure *Failure
	switch {
	case err == nil:
		return Answered
	case errors.As(err, &failure):
		return failure.Result
	default:
		return NotAsked
	}
}

// said puts into words why there was no answer.
func said(err error, timeout time.Duration) error {
	var (
		refused    *transport.Error
		failure    *Failure
		name       *net.DNSError
		timedOut   interface{ Timeout() bool }
		connection syscall.Errno
	)
	switch {
	case errors.As(err, &refused):
		return failed(NotAsked, "%s", refused)
	case errors.As(err, &failure):
		return failure
	case strings.Contains(err.Error(), "HTTP response to HTTPS client"): // net/http has no type for it
		return failed(Connection, "it does not speak TLS")
	case errors.As(err, &name):
		return failed(NoName, "its name does not resolve")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timedOut) && timedOut.Timeout():
		return failed(TimedOut, "it does not answer within %s", timeout)
	case errors.As(err, &connection):
		return failed(Connection, "%s", connection)
	}
	if words := untrusted(err); words != "" {
		return failed(Certificate, "%s", words)
	}
	return failed(Connection, "the connection ends without an answer")
}

// untrusted says what is wrong with a certificate; "" where that is not it.
func untrusted(err error) string {
	var (
		host      x509.HostnameError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &host):
		return "its certificate is for " + strings.Join(namesOf(host.Certificate), ", ")
	case errors.As(err, &authority):
		return "its certificate is signed by an authority that is not known"
	case errors.As(err, &invalid):
		return "its certificate is not valid, as when it has expired"
	default:
		return ""
	}
}

// namesOf are those of a certificate, a few of them.
func namesOf(certificate *x509.Certificate) []string {
	const few = 3
	names := certificate.DNSNames
	if len(names) == 0 {
		return []string{"no host"}
	}
	out := make([]string, 0, few)
	for _, name := range names[:min(len(names), few)] {
		out = append(out, fmt.Sprintf("%.80q", name))
	}
	return out
}
