package approval

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// mostRead is how many requests are read in one run: strangers may open as many as they
// like, and each costs the forge some questions, and the run their time.
const mostRead = 200

// errLater is why nothing is known of a request whose turn has not come.
var errLater = errors.New("more requests wait for approval than are looked at in one run, and it is looked at in one of the next")

// turn is a request that is to be read.
type turn struct {
	item forge.Item
	was  looked
	rank int
}

// The ranks, in the order in which requests are read.
const (
	exported = iota // what runs may have to end
	changed         // something has happened to it, or it is new
	unchanged
)

// readAll reads what was said of each item, of those whose turn it is. What is left has
// what was read of it before, as long as it is at the same commit.
func (p *Policy) readAll(ctx context.Context, looks *Looks, q Question, items []forge.Item) []reading {
	known := looks.of(q)
	judge := &judge{spec: p.spec, repository: q.Repository, now: q.Now(), known: known.people}
	within, cancel := forge.Within(ctx, 0.5)
	defer cancel()
	for n, turn := range p.turns(known, q, items) {
		if n == mostRead || within.Err() != nil {
			break
		}
		judge.begin(turn.item, q.Records)
		look := looked{item: turn.item, at: q.Now(), reading: p.read(transport.Once(within), q, judge, turn.item)}
		if look.reading.err != nil && within.Err() != nil {
			break // it was cut off
		}
		look.reading.at = look.at
		known.requests[turn.item.ID] = look
	}
	out := make([]reading, len(items))
	for n, item := range items {
		look, is := known.requests[item.ID]
		if out[n] = look.reading; !is || look.item.Change() != item.Change() {
			out[n] = reading{err: errLater} // when the head was pushed is not known
		}
		out[n].said = slices.Concat(out[n].said, annotated(q, item))
		slices.SortStableFunc(out[n].said, byTime)
	}
	known.keep(items)
	return out
}

// turns are the items that are due, in the order in which they are read: of a rank those
// first that were read the longest ago.
func (p *Policy) turns(known *provider, q Question, items []forge.Item) []turn {
	recorded := &ledger{spec: p.spec, records: q.Records}
	var due []turn
	for _, item := range items {
		was, is := known.requests[item.ID]
		one := turn{item: item, was: was, rank: unchanged}
		switch {
		case is && !was.isDue(q, item, recorded.patience(q, item)):
			continue
		case q.Exported[item.Key()] != "":
			one.rank = exported
		case !is || was.hasChanged(item):
			one.rank = changed
		}
		due = append(due, one)
	}
	slices.SortStableFunc(due, func(a, b turn) int { return cmp.Or(cmp.Compare(a.rank, b.rank), a.was.at.Compare(b.was.at)) })
	return due
}
