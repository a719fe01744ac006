package source

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/eddy-previews/eddy/internal/transport"
)

const (
	// keepListing is how long a listing is kept for those who may want it.
	keepListing = time.Minute
	// maxShared bounds what is kept of all listings that others may want, in bytes.
	maxShared = 128 << 20
)

// listings lets providers that want the same listing at the same time share it.
// One asks; those who come meanwhile take its answer if that was begun late
// enough for them, else the next one's, together:
//
//	A asks   ├──────────┤
//	B wants what begins ·  ├──────────┤ B asks
//	C, too                ·            and C takes it
//
// A failure is shared with nobody.
type listings struct {
	now func() time.Time
	// most bounds what all that are kept take together, in bytes; the one that
	// was begun longest ago goes first, and those who have it keep it.
	most int

	mu    sync.Mutex
	known map[transport.By[listing]]*flight
}

// listing is what was asked.
type listing struct {
	providerType, url, query string
	insecure                 bool
}

// isShareable reports whether a listing depends on nothing but what its key
// holds. Who asks a registry or the cluster cannot be compared.
func (c Config) isShareable() bool { return c.Registry == nil && c.Artifacts == nil }

// flight is a listing that is being asked for, or that was.
type flight struct {
	began time.Time
	done  chan struct{} // closed once the rest is there
	items []Item
	size  int // of the items, in bytes
	err   error
}

var errUnfinished = errors.New("the listing was not finished")

// Poll is what somebody wants to know of a source.
type Poll struct {
	// Config is what the source was opened with.
	Config Config
	Query  Query
	// Since is how old the answer may be.
	Since time.Time
}

// List returns a source's listing that was begun no earlier than is wanted: one
// that another provider has asked for, or its own. The items are the caller's
// to read, not to change. The nil Shared shares nothing.
func (s *Shared) List(ctx context.Context, src Source, poll Poll) ([]Item, error) {
	config := poll.Config
	if s == nil || !config.isShareable() {
		return src.List(ctx, poll.Query)
	}
	who, err := s.asker(ctx, config)
	if err != nil {
		return nil, err
	}
	key := transport.By[listing]{Asker: who, About: listing{config.Type, config.URL, fmt.Sprintf("%q", poll.Query), config.Insecure}}
	for {
		current, ours := s.listings.join(key, poll.Since)
		if ours {
			s.listings.fly(key, current, func() ([]Item, error) { return src.List(ctx, poll.Query) })
			return current.items, current.err
		}
		select {
		case <-current.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if current.err == nil && !current.began.Before(poll.Since) {
			return current.items, nil
		}
	}
}

// join returns the flight to wait for, or a new one, which is the caller's to
// bring to its end.
func (l *listings) join(key transport.By[listing], since time.Time) (current *flight, ours bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for other, f := range l.known {
		if f.isDone() && now.Sub(f.began) > keepListing {
			delete(l.known, other)
		}
	}
	if current = l.known[key]; current != nil && (!current.isDone() || !current.began.Before(since)) {
		return current, false
	}
	current = &flight{began: now, done: make(chan struct{}), err: errUnfinished}
	l.known[key] = current
	return current, true
}

// fly asks, and lets those know who wait, whatever happens. What failed is
// forgotten.
func (l *listings) fly(key transport.By[listing], current *flight, ask func() ([]Item, error)) {
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if current.err != nil {
			delete(l.known, key)
		}
		close(current.done)
		l.trim()
	}()
	current.items, current.err = ask()
	current.size = sizeOf(current.items)
}

// trim forgets listings until the rest is within the bound. One that is being
// asked for is nothing yet.
func (l *listings) trim() {
	held := 0
	for _, f := range l.known {
		if f.isDone() {
			held += f.size
		}
	}
	for held > l.most {
		var oldest transport.By[listing]
		for key, f := range l.known {
			if first := l.known[oldest]; f.isDone() && (first == nil || f.began.Before(first.began)) {
				oldest = key
			}
		}
		held -= l.known[oldest].size
		delete(l.known, oldest)
	}
}

func (f *flight) isDone() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

func sizeOf(items []Item) int {
	size := 0
	for _, item := range items {
		size += item.Size()
	}
	return size
}
