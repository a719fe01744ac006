package transport

import (
	"context"
	"time"

	"github.com/eddy-previews/eddy/internal/lru"
)

// Pools are what all of a process share on the way to others: connections, what
// was answered before, and for how long somebody wants to be left alone. What is
// remembered, is remembered by who asked and by which way: nobody decides what
// another one is told, or when it may ask. They keep nothing that a restart
// would miss, and are a collector of metrics by host.
type Pools struct {
	answers *lru.Cache[By[question], *kept]
	limits  *limits
	calls   *calls
	ways    ways
}

// NewPools returns empty ones, with a clock, that ask in some networks.
func NewPools(now func() time.Time, networks Networks) *Pools {
	return &Pools{
		answers: lru.New[By[question], *kept](maxAnswers),
		limits:  newLimits(now),
		calls:   newCalls(),
		ways:    ways{networks: networks},
	}
}

// Now is the time by the clock of the pools.
func (p *Pools) Now() time.Time { return p.limits.now() }

// Asker tells who asks through a configuration, and by which way.
func (p *Pools) Asker(ctx context.Context, config Config) (Asker, error) {
	return askerOf(ctx, config, p.ways.of(config))
}
