package source

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// maxPools bounds how many TLS settings keep connections open at once.
	maxPools = 100
	// maxIdlePerHost is how many connections to one host are kept for later.
	maxIdlePerHost = 10
)

// Clients is what all providers of a process share on their way to a forge:
// its connections, what it has answered before, and for how long it wants to be
// left alone. It keeps nothing that a restart would miss, and is a collector of
// metrics by host.
type Clients struct {
	answers  *lru[request, *kept]
	files    *lru[change, changed]
	limits   *limits
	listings *listings
	calls    *prometheus.CounterVec

	mu    sync.Mutex
	pools []pool
}

// pool are the connections of one TLS setting, by one way.
type pool struct {
	tls       *tls.Config
	proxy     string // with its credentials; empty for that of the environment
	transport *http.Transport
}

// NewClients returns an empty one, with a clock.
func NewClients(now func() time.Time) *Clients {
	return &Clients{
		answers:  newLRU[request, *kept](maxAnswers),
		files:    newLRU[change, changed](maxFiles),
		limits:   &limits{now: now, holds: map[caller]hold{}, budgets: map[caller]budget{}},
		listings: &listings{now: now, known: map[listing]*flight{}},
		calls:    newCalls(),
	}
}

// shared returns the clients to use: those of a process, or some of one's own.
func (c Config) shared() *Clients {
	if c.Clients == nil {
		return NewClients(time.Now)
	}
	return c.Clients
}

// transport returns the connections for a configuration. Those of one TLS
// setting and proxy are shared, host by host.
func (c *Clients) transport(config Config) http.RoundTripper {
	c.mu.Lock()
	defer c.mu.Unlock()
	proxy := ""
	if config.Proxy != nil {
		proxy = config.Proxy.String()
	}
	for _, known := range c.pools {
		if known.proxy == proxy && sameTLS(known.tls, config.TLS) {
			return known.transport
		}
	}
	if len(c.pools) == maxPools { // the oldest; who uses it still, may
		c.pools[0].transport.CloseIdleConnections()
		c.pools = slices.Delete(c.pools, 0, 1)
	}
	transport := newTransport(config)
	c.pools = append(c.pools, pool{config.TLS, proxy, transport})
	return transport
}

// newTransport connects directly, through the proxy of the configuration, or
// else through that of the environment.
func newTransport(config Config) *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone() // it is one, unless a program replaced it
	transport.TLSClientConfig = config.TLS.Clone()               // the transport adds protocols to its own
	if config.Proxy != nil {
		transport.Proxy = http.ProxyURL(config.Proxy)
	}
	transport.MaxIdleConnsPerHost = maxIdlePerHost
	return transport
}

// sameTLS reports whether two settings trust the same authorities and show the
// same certificates.
func sameTLS(a, b *tls.Config) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.ServerName == b.ServerName && a.InsecureSkipVerify == b.InsecureSkipVerify &&
		a.RootCAs.Equal(b.RootCAs) && slices.EqualFunc(a.Certificates, b.Certificates, sameCertificate)
}

func sameCertificate(a, b tls.Certificate) bool {
	return slices.EqualFunc(a.Certificate, b.Certificate, bytes.Equal)
}
