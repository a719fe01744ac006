package evidence

import (
	"maps"
	"math"
	"slices"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/forge"
)

// How long it is until the next look: the first after firstLook, each later by half
// as much again, until mostLook.
const (
	firstLook = 10 * time.Second
	mostLook  = time.Minute
	growth    = 1.5
)

// enough is how often a registry refuses before it is said that it may mean either:
// some refuse what is not there.
const enough = 3

// Looks remember when each commit that waits was looked at, for all providers of a
// process. What a restart forgets costs one look.
type Looks struct {
	// Patience is how long the looks of one run may take, 10 seconds when zero: what
	// hangs holds nobody up.
	Patience time.Duration

	admit.Memory[provider]
	hosts hosts
}

// provider is what was looked at for one provider, by one of its specs.
type provider struct {
	commits map[forge.Change]*look
	// hosts are those of all providers, by their namespaces, and patience is that of all.
	hosts    *hosts
	patience time.Duration
}

// look is what the last look at a commit came to.
type look struct {
	since, next, at time.Time
	times, refusals int
	// told says that it was told that it takes long.
	told bool
	last admit.Evidence
}

// of returns what was looked at for a provider.
func (l *Looks) of(q Question) *provider {
	known := l.Of(q.Asking, func() *provider { return &provider{commits: map[forge.Change]*look{}, hosts: &l.hosts} })
	known.patience = l.Patience
	return known
}

// keep forgets the commits of a provider that wait no more.
func (l *Looks) keep(q Question, known *provider, waiting []forge.Item) {
	if len(waiting) == 0 {
		l.Forget(q.Provider)
		return
	}
	maps.DeleteFunc(known.commits, func(change forge.Change, _ *look) bool {
		return !slices.ContainsFunc(waiting, func(item forge.Item) bool { return item.Change() == change })
	})
}

// look returns that at an item; of one that is held already it goes on from since
// when.
func (p *provider) look(item forge.Item, q Question, waitFor time.Duration) *look {
	known := p.commits[item.Change()]
	if known == nil {
		known = &look{since: q.Now()}
		at := slices.IndexFunc(q.Held, func(line v1.HeldRequest) bool {
			return line.SHA == item.SHA && isOurs(line.Reason) && (line.ID == item.ID || line.ID == item.Key())
		})
		if at >= 0 {
			known.since = q.Held[at].Since.Time
			known.told = q.Now().Sub(known.since) >= waitFor
		}
		p.commits[item.Change()] = known
	}
	return known
}

// order are the places of items, those first that were looked at longest ago: who had to
// wait for the turn of a host is not overtaken.
func (p *provider) order(items []forge.Item, q Question, waitFor time.Duration) []int {
	out := make([]int, len(items))
	for n := range out {
		out[n] = n
	}
	slices.SortStableFunc(out, func(a, b int) int {
		return p.look(items[a], q, waitFor).at.Compare(p.look(items[b], q, waitFor).at)
	})
	return out
}

func isOurs(reason string) bool {
	switch reason {
	case v1.HeldWaitingForImage, v1.HeldWaitingForCheck, v1.HeldCheckFailed, v1.HeldEvidenceUnavailable:
		return true
	default:
		return false
	}
}

func (l *look) isDue(q Question) bool { return q.Anew || !q.Now().Before(l.next) }

// took notes what a look came to, and when the next one is.
func (l *look) took(found finding, q Question, waitFor time.Duration) admit.Evidence {
	if found.Reason == "" {
		waited := q.Now().Sub(l.since)
		found.Waited = &waited
		return found.Evidence
	}
	if found.cut {
		l.next = q.Now().Add(time.Second) // it was its turn, and still is
		l.last = l.waiting()
		return l.last
	}
	now := q.Now()
	l.at = now
	wait := mostLook
	if l.times < int(math.Log(float64(mostLook/firstLook))/math.Log(growth))+1 {
		wait = min(wait, time.Duration(float64(firstLook)*math.Pow(growth, float64(l.times))))
	}
	l.times++
	late := now.Sub(l.since) >= waitFor
	if late {
		wait = max(wait, q.Interval)
	}
	l.next = now.Add(wait)
	if found.until.After(l.next) {
		l.next = found.until
	}
	if l.refusals++; !found.refused {
		l.refusals = 0
	}
	if l.refusals >= enough {
		found.Message += "; it is not there, or there is no permission to pull it"
	}
	found.Since, found.Next = l.since, l.next
	l.last = found.Evidence
	if late && !l.told {
		l.told, found.Overdue = true, waitFor
	}
	return found.Evidence
}

// asked is the commit as it is looked at.
func (l *look) asked(item forge.Item) asking { return asking{item, l.times%confirmed != 0} }

// confirmed is how often it is looked for until HEAD is not believed again.
const confirmed = 5

// postpone waits for the turn of its host, which is asked no more in this minute.
func (l *look) postpone(q Question) {
	l.next = q.Now().Add(firstLook)
	l.last = l.waiting()
}

// waiting is what is known of one that has yet to be looked at again.
func (l *look) waiting() admit.Evidence {
	out := l.last
	if out.Reason == "" {
		out = admit.Evidence{Reason: admit.EvidenceUnavailable, Message: "waits for its turn to be looked for, as many others are"}
	}
	out.Since, out.Next = l.since, l.next
	return out
}
