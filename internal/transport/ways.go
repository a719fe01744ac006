package transport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"slices"
	"sync"
)

const (
	// maxWays bounds how many ways keep connections open at once.
	maxWays = 200
	// maxIdlePerHost is how many connections to one host are kept for later.
	maxIdlePerHost = 10
)

// way is how a provider gets to what it watches: through which proxy, and whom
// it trusts. Who made a way for itself stands at its end as well as the forge
// does, so what was heard there is for those alone who go the same way.
type way struct {
	tls   *tls.Config
	proxy string // with its credentials; empty for that of the environment
	route *route
}

// Asker is who asks, and by which way.
type Asker struct {
	way *way
	// login is a digest of the credentials; of none, for all who are anonymous.
	login [sha256.Size]byte
}

// By is the key of all that is remembered for many: what it is about, and who
// asked. A test holds every map of Pools to it.
type By[T comparable] struct {
	Asker
	About T
}

// askerOf tells who asks through a configuration. Credentials that are made anew
// from time to time are known by their account.
func askerOf(ctx context.Context, config Config, way *way) (Asker, error) {
	login := config.Credentials
	if config.Account != nil {
		account, err := config.Account(ctx)
		if err != nil {
			return Asker{}, err
		}
		login = Credentials{Username: account}
	}
	return Asker{way, digestOf(login)}, nil
}

func digestOf(login Credentials) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%q", login))
}

// ways are those that are in use. One that was forgotten and comes again is
// another one: it has lost its connections, and heard nothing yet.
type ways struct {
	networks Networks

	mu sync.Mutex
	// known, the latest used first.
	known []*way
}

// of returns the way of a configuration. Those who use the same proxy, trust
// the same authorities and show the same certificate share it.
func (w *ways) of(config Config) *way {
	w.mu.Lock()
	defer w.mu.Unlock()
	proxy := ""
	if config.Proxy != nil {
		proxy = config.Proxy.String()
	}
	at := slices.IndexFunc(w.known, func(k *way) bool { return k.proxy == proxy && sameTLS(k.tls, config.TLS) })
	found := &way{tls: config.TLS, proxy: proxy}
	if at >= 0 {
		found = w.known[at]
		w.known = slices.Delete(w.known, at, at+1)
	} else {
		found.route = newRoute(config, w.networks)
	}
	w.known = slices.Insert(w.known, 0, found)
	if len(w.known) > maxWays {
		w.drop()
	}
	return found
}

// drop forgets the way that was used longest ago, but never that of everybody
// who has none of their own. Who uses it still, may.
func (w *ways) drop() {
	for at := len(w.known) - 1; at > 0; at-- {
		if last := w.known[at]; last.proxy != "" || last.tls != nil {
			last.route.closeIdleConnections()
			w.known = slices.Delete(w.known, at, at+1)
			return
		}
	}
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
