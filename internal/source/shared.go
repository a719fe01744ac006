package source

import (
	"context"
	"time"

	"github.com/eddy-previews/eddy/internal/lru"
	"github.com/eddy-previews/eddy/internal/transport"
)

// Shared is what all providers of a process share: what is on the way to a forge,
// listings, and which files a commit changes. All of it is kept by who asked and
// by which way, as in transport.Pools. The nil Shared shares nothing.
type Shared struct {
	pools    *transport.Pools
	files    *lru.Cache[transport.By[change], changed]
	listings *listings
}

// NewShared returns an empty one, with a clock, that asks in some networks.
func NewShared(now func() time.Time, networks transport.Networks) *Shared {
	return &Shared{
		pools:    transport.NewPools(now, networks),
		files:    lru.New[transport.By[change], changed](maxFiles),
		listings: &listings{now: now, most: maxShared, known: map[transport.By[listing]]*flight{}},
	}
}

// Pools are what is shared on the way to a forge; nil where nothing is.
func (s *Shared) Pools() *transport.Pools {
	if s == nil {
		return nil
	}
	return s.pools
}

// asker tells who asks through a configuration, and by which way.
func (s *Shared) asker(ctx context.Context, config Config) (transport.Asker, error) {
	who, err := s.pools.Asker(ctx, config.forge().Config)
	return who, WithRemedy(err)
}
