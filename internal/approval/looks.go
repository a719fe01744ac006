package approval

import (
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/lru"
)

// often is how long what was read of a request is good for at most, where the forge
// does not tell that something has happened to it: runs may follow each other closely.
const often = time.Minute

// Looks remember what was read of each request, and who may approve, for all providers
// of a process. What a restart forgets is read anew.
type Looks struct {
	mu        sync.Mutex
	providers map[types.NamespacedName]*provider
}

// provider is what was read for one provider, by one of its specs.
type provider struct {
	generation int64
	requests   map[string]looked
	people     *lru.Cache[string, permitted]
	// absent are pieces of evidence that were not there, since when.
	absent map[string]time.Time
}

// looked is what a look at an item came to.
type looked struct {
	item    forge.Item
	at      time.Time
	reading reading
}

// patience is how long what was read of an item is good for. Of one that is approved only
// that may be taken back is news, for which the interval is soon enough.
func (l *ledger) patience(q Question, item forge.Item) time.Duration {
	if l.covering(item, item.SHA) != nil {
		return q.Interval - q.Interval/10 // intervals differ a little
	}
	return min(often, q.Interval)
}

// isDue reports whether an item is to be read anew.
func (l looked) isDue(q Question, item forge.Item, wait time.Duration) bool {
	changed := l.item.Change() != item.Change() || !l.item.UpdatedAt.Equal(item.UpdatedAt) || !slices.Equal(l.item.Labels, item.Labels)
	return changed || q.Anew || l.reading.err != nil || q.Now().Sub(l.at) >= wait
}

// of returns what was read for a provider. One provider is asked about by one run at
// a time.
func (l *Looks) of(q Question) *provider {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.providers[q.Provider]
	if known == nil || known.generation != q.Generation {
		known = &provider{generation: q.Generation, requests: map[string]looked{}, people: lru.New[string, permitted](maxPeople), absent: map[string]time.Time{}}
		if l.providers == nil {
			l.providers = map[types.NamespacedName]*provider{}
		}
		l.providers[q.Provider] = known
	}
	return known
}

// keep forgets requests that are asked about no more.
func (l *Looks) keep(name types.NamespacedName, items []forge.Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.providers[name]
	if known == nil {
		return
	}
	for id := range known.requests {
		if !slices.ContainsFunc(items, func(item forge.Item) bool { return item.ID == id }) {
			delete(known.requests, id)
		}
	}
}

// Forget is for a provider that is gone or suspended.
func (l *Looks) Forget(name types.NamespacedName) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.providers, name)
}
