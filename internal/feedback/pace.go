package feedback

import (
	"slices"
	"sync"
	"time"

	"github.com/eddy-previews/eddy/internal/lru"
	"github.com/eddy-previews/eddy/internal/transport"
)

const (
	// perMinute and perHour are how often a host is told something with one login.
	// GitHub takes 80 a minute and 500 an hour of what makes content, from all that
	// use the login.
	//
	// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
	perMinute, perHour = 60, 400
	// kept is the part of that, in percent, which is kept for comments: where many
	// things happen at once, people look there.
	kept = 25
	// perRequest is how long a request is left alone while only details change.
	perRequest = 20 * time.Second
	// maxLogins is how many are remembered.
	maxLogins = 1000
)

// login is who tells, and whom.
type login = transport.By[transport.Host]

// budget says when a host may be told something. It counts what was told in the last
// minute and in the last hour: a bucket that fills by and by lets through twice as
// much in the first minute.
type budget struct {
	now func() time.Time

	mu    sync.Mutex
	spent *lru.Cache[login, []time.Time]
}

func newBudget(now func() time.Time) *budget {
	return &budget{now: now, spent: lru.New[login, []time.Time](maxLogins)}
}

// take spends one of a part of what there is, in percent, or says how long to wait for
// it.
func (b *budget) take(who login, part int) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	spent, _ := b.spent.Get(who)
	spent = slices.DeleteFunc(slices.Clone(spent), func(at time.Time) bool { return now.Sub(at) >= time.Hour })
	for _, bound := range []struct {
		most int
		in   time.Duration
	}{{perMinute, time.Minute}, {perHour, time.Hour}} {
		if n := len(spent) - bound.most*part/100; n >= 0 {
			wait = max(wait, spent[n].Add(bound.in).Sub(now))
		}
	}
	if wait <= 0 {
		spent = append(spent, now)
	}
	b.spent.Put(who, spent, 1)
	return max(0, wait)
}

// seed counts what was told before a restart.
func (b *budget) seed(who login, before []time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.spent.Get(who); known {
		return
	}
	before = slices.Clone(before)
	slices.SortFunc(before, time.Time.Compare)
	b.spent.Put(who, before, 1)
}

// last is what a request was told last, and when.
type last struct {
	news string
	at   time.Time
}

// newsOf is what people wait for, of all that can be said of a request: which of its
// previews are ready, have failed or are gone, and for which commit.
func newsOf(r *request) string {
	out := ""
	for _, row := range r.rows {
		out += row.Called() + " " + string(classOf(row)) + " " + row.Wanted() + "\n"
	}
	return out
}

// wait says how long to wait with something new: news are told at once, and details
// are gathered.
func (l last) wait(news string, now time.Time) time.Duration {
	if l.at.IsZero() || news != l.news {
		return 0
	}
	return max(0, l.at.Add(perRequest).Sub(now))
}
