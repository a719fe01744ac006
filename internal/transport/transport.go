// Package transport asks and tells others over HTTP: the one client through
// which every forge, registry and service is read and written.
//
//	client := transport.NewClient(transport.Config{URL: url, Credentials: login, Pools: pools}, transport.Dialect{})
//	header, err := transport.Do(client, req, &answer)
//
// A request goes from left to right:
//
//	may it go there? ──> is it changed since? ──> may it be asked now? ──> by whose way ──> is it an answer?
//	  https.go             etags.go                 ratelimit.go            ways.go         client.go
//	                                                                        networks.go
//
// It promises that nothing is shared but by who asked and by which way, that
// credentials go to their host alone and never in the clear where they were
// encrypted before, that what is not a whole answer is an error, and that an
// error holds no secret. An error says what happened. What to do about it
// depends on what was tried, and is for the caller to say.
package transport

import (
	"context"
	"crypto/tls"
	"net/url"
	"regexp"
	"time"
)

// Config says whom to ask, as whom, and by which way.
type Config struct {
	// URL of what is asked. One that begins with https is never asked for in the
	// clear; its query may hold a key, and is not repeated.
	URL string
	// Credentials are what is sent, so that none of it is repeated; whoever sends
	// them says how.
	Credentials Credentials
	// Account tells who asks, of credentials that are made anew from time to time;
	// nil where the Credentials tell.
	Account func(context.Context) (string, error)
	// Service matches the only hosts to which the identity of an account in a cloud
	// goes, and encrypted: it is often good for more than a tenant may see. Nil for
	// any other credentials.
	Service *regexp.Regexp
	// TLS settings for a private certificate authority or a client
	// certificate; nil for the system's.
	TLS *tls.Config
	// Proxy that every request goes through, with its credentials; nil for that
	// of the environment, if any.
	Proxy *url.URL
	// Pools to share with others; nil for none.
	Pools *Pools
}

// Credentials are what a Secret holds.
type Credentials struct {
	Username string
	// Password is a token wherever the forge has tokens.
	Password string
	// Token goes into the header Authorization as a bearer token, in the place
	// of the two above: that of a cloud's identity, or of a service.
	Token string
}

// Now is the time of the clock that is shared.
func (c Config) Now() time.Time { return c.pools().Now() }

// pools returns what to share: that of a process, or some of one's own, for the
// machine of the person who has started it.
func (c Config) pools() *Pools {
	if c.Pools == nil {
		return NewPools(time.Now, LocalNetworks()) //nolint:forbidigo // that person's clock
	}
	return c.Pools
}
