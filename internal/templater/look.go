package templater

import (
	"context"
	"fmt"
	"time"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/object"
)

// manyUnwanted is from when on it is cheaper to list what is owned than to ask
// about each object that is to be deleted.
const manyUnwanted = 5

// listedEach is how many intervals of a set pass between two listings of all that it
// owns, as long as the watch has told of everything without an error.
const listedEach = 6

// look finds out what the cluster holds of what the set owns. The watch tells,
// for nothing, what became of objects since the API server was last asked for
// all of them, which is done again now and then, when the watch was broken, where
// much is to be deleted of which it tells nothing, and wherever it does not reach.
//
// A preview that asks for an object which cannot be looked at, as the account
// may not or its kind does not answer, fails here, before anything is claimed
// for it: what was never written needs no deletion.
func (r *run) look(ctx context.Context, applier *apply.Applier, known apply.Inventory, p *desired) (*apply.Session, error) {
	p.failed.addAll(r.resting(*p))
	p.takeStock()
	r.makeRoom(known, p)
	session, err := r.open(ctx, applier, known, *p)
	if err != nil {
		return nil, err
	}
	if err := session.Meet(ctx, p.inventory); err != nil {
		return nil, fmt.Errorf("looking for what is there already: %w", err)
	}
	for _, o := range p.objects() {
		p.note(o, session.Live.Why(o))
	}
	p.takeStock()
	return session, nil
}

// open begins with what the watch tells, or else with a listing.
func (r *run) open(ctx context.Context, applier *apply.Applier, known apply.Inventory, p desired) (*apply.Session, error) {
	if session, ok := r.watched(ctx, applier, known); ok && unseen(session, known, p.asked) <= manyUnwanted {
		return session, nil
	}
	session, err := applier.Open(ctx, r.owner, known)
	if err == nil {
		r.memory.looked = r.started
	}
	return session, err
}

// watched begins with what the watch tells, where that is enough.
func (r *run) watched(ctx context.Context, applier *apply.Applier, known apply.Inventory) (*apply.Session, bool) {
	if r.mustList(known) {
		return nil, false
	}
	live, ok := r.drift.observed(ctx, known)
	return applier.Resume(r.owner, live), ok
}

// unseen counts the objects that are to be deleted, and of which the watch neither shows
// one nor has seen it go: of each of them the API server would be asked.
func unseen(session *apply.Session, known apply.Inventory, asked map[object.Ref]bool) int {
	count := 0
	for _, entry := range known {
		if !asked[entry.Ref] && session.Live.Get(entry.Ref) == nil && !session.IsGone(entry.Ref) {
			count++
		}
	}
	return count
}

// mustList reports whether it is time to list what is owned. A run may come a little
// before an interval is over.
func (r *run) mustList(known apply.Inventory) bool {
	interval := r.Report.AtLeast(r.set.GetInterval())
	due := interval/10*9 + (listedEach-1)*min(interval, longestInterval)
	return r.started.Sub(r.memory.looked) >= due || !r.drift.heardSince(r.memory.looked, known)
}

// longestInterval keeps what is computed of an interval within what a duration holds.
const longestInterval = 1000 * time.Hour
