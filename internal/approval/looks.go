package approval

import (
	"maps"
	"slices"
	"time"

	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/lru"
)

// often is how long what was read of a request is good for at most, where the forge
// does not tell that something has happened to it: runs may follow each other closely.
const often = time.Minute

// Looks remember what was read of each request, and who may approve, for all providers
// of a process. What a restart forgets is read anew.
type Looks struct{ admit.Memory[provider] }

// provider is what was read for one provider, by one of its specs.
type provider struct {
	requests map[string]looked
	people   *lru.Cache[string, permitted]
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
	return l.hasChanged(item) || q.Anew || l.reading.err != nil || q.Now().Sub(l.at) >= wait
}

// hasChanged reports whether something has happened to an item since.
func (l looked) hasChanged(item forge.Item) bool {
	return l.item.Change() != item.Change() || !l.item.UpdatedAt.Equal(item.UpdatedAt) || !slices.Equal(l.item.Labels, item.Labels)
}

// of returns what was read for a provider.
func (l *Looks) of(q Question) *provider {
	return l.Of(q.Asking, func() *provider {
		return &provider{requests: map[string]looked{}, people: lru.New[string, permitted](maxPeople), absent: map[string]time.Time{}}
	})
}

// keep forgets requests that are asked about no more.
func (p *provider) keep(items []forge.Item) {
	maps.DeleteFunc(p.requests, func(id string, _ looked) bool {
		return !slices.ContainsFunc(items, func(item forge.Item) bool { return item.ID == id })
	})
}
