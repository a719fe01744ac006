package source

import (
	"context"
	"time"
)

// Clients is what all providers of a process share on the way to a forge: its
// connections, what it has answered before, and for how long it wants to be
// left alone. What it remembers, it remembers by who asked and by which way: no
// provider decides what another one is told, or when it may ask. It keeps
// nothing that a restart would miss, and is a collector of metrics by host.
type Clients struct {
	answers  *lru[by[request], *kept]
	files    *lru[by[change], changed]
	limits   *limits
	listings *listings
	calls    *calls
	ways     ways
}

// NewClients returns an empty one, with a clock, that asks in some networks.
func NewClients(now func() time.Time, networks Networks) *Clients {
	return &Clients{
		answers:  newLRU[by[request], *kept](maxAnswers),
		files:    newLRU[by[change], changed](maxFiles),
		limits:   newLimits(now),
		listings: &listings{now: now, most: maxShared, known: map[by[listing]]*flight{}},
		calls:    newCalls(),
		ways:     ways{networks: networks},
	}
}

// shared returns the clients to use: those of a process, or some of one's own,
// for the machine of the person who has started it.
func (c Config) shared() *Clients {
	if c.Clients == nil {
		return NewClients(time.Now, LocalNetworks())
	}
	return c.Clients
}

// asker tells who asks through a configuration, and by which way.
func (c *Clients) asker(ctx context.Context, config Config) (asker, error) {
	return askerOf(ctx, config, c.ways.of(config))
}
