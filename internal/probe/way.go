package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Way is how to get to a URL, within what the prober may do.
type Way struct {
	// ConnectTo is HOST:PORT to connect to in place of the URL's; none when empty.
	ConnectTo string
	// Authorities are PEM, and trusted beside those of the system.
	Authorities string
	// Insecure takes any certificate.
	Insecure bool
	// PublicOnly goes to public addresses alone.
	PublicOnly bool
}

// By returns a prober that goes a way.
func (p Prober) By(way Way) (Prober, error) {
	networks := p.Networks
	if way.PublicOnly {
		networks = networks.Public()
	}
	if way.ConnectTo != "" {
		_, port, err := net.SplitHostPort(way.ConnectTo)
		if err != nil {
			return Prober{}, fmt.Errorf("connectTo %q is not HOST:PORT", way.ConnectTo)
		}
		if err := p.checkPort(port); err != nil {
			return Prober{}, fmt.Errorf("connectTo: %w", err)
		}
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: way.Insecure} //nolint:gosec // the spec asks for it
	if len(way.Authorities) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool() // a machine without authorities has those alone
		}
		if !pool.AppendCertsFromPEM([]byte(way.Authorities)) {
			return Prober{}, errors.New("ca.crt has no certificate in it: it takes PEM")
		}
		trust.RootCAs = pool
	}
	p.Transport = networks.Reaching(way.ConnectTo, trust)
	return p, nil
}

const (
	// maxHeaders and maxHeader bound how many headers are sent, and how long each is.
	maxHeaders = 20
	maxHeader  = 8 << 10
)

// connection are headers that say how to speak, which is not theirs to say.
var aboutConnection = []string{"Host", "Connection", "Content-Length", "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Proxy-Connection", "Proxy-Authorization"}

// Headers makes headers of names and values. The error names a header, never a value.
func Headers(values map[string][]byte) (http.Header, error) {
	if len(values) > maxHeaders {
		return nil, fmt.Errorf("there are %d headers; %d are sent at most", len(values), maxHeaders)
	}
	out := http.Header{}
	for name, raw := range values {
		value := strings.TrimRight(string(raw), "\r\n") // as files end
		switch canonical := http.CanonicalHeaderKey(name); {
		case !httpguts.ValidHeaderFieldName(name):
			return nil, fmt.Errorf("%q is not the name of a header", name)
		case slices.Contains(aboutConnection, canonical):
			return nil, fmt.Errorf("the header %s is not sent: it is about the connection", canonical)
		case !httpguts.ValidHeaderFieldValue(value) || len(value) > maxHeader:
			return nil, fmt.Errorf("the value of the header %s cannot be sent: it has a line break, or is longer than %d bytes", canonical, maxHeader)
		default:
			out.Set(name, value)
		}
	}
	return out, nil
}
