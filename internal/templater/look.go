package templater

import (
	"context"
	"fmt"

	"github.com/eddy-previews/eddy/internal/apply"
)

// manyUnwanted is from when on it is cheaper to list what is owned than to ask
// about each object that is to be deleted.
const manyUnwanted = 5

// look finds out what the cluster holds of what the set owns. The watch tells,
// for nothing, what became of objects since the API server was last asked for
// all of them, which is done again at each interval, when somebody asks for
// the run, before much is deleted, and wherever the watch does not reach.
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
	for _, object := range p.objects() {
		p.note(object, session.Live.Why(object))
	}
	p.takeStock()
	return session, nil
}

// open begins with what the watch tells, or else with a listing.
func (r *run) open(ctx context.Context, applier *apply.Applier, known apply.Inventory, p desired) (*apply.Session, error) {
	if !r.mustList(known, p) {
		if live, ok := r.drift.observed(ctx, known); ok {
			return applier.Resume(r.owner, live), nil
		}
	}
	session, err := applier.Open(ctx, r.owner, known)
	if err == nil {
		r.memory.looked = r.started
	}
	return session, err
}

func (r *run) mustList(known apply.Inventory, p desired) bool {
	// A run may come a little before the interval is over.
	due := r.Report.AtLeast(r.set.GetInterval()) / 10 * 9
	return r.started.Sub(r.memory.looked) >= due || r.isRequested() || p.unasked(known) > manyUnwanted
}
