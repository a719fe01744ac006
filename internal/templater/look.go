package templater

import (
	"context"

	"github.com/eddy-previews/eddy/internal/apply"
)

// manyUnwanted is from when on it is cheaper to list what is owned than to ask
// about each object that is to be deleted.
const manyUnwanted = 5

// look finds out what the cluster holds of what the set owns. The watch tells,
// for nothing, what became of objects since the API server was last asked for
// all of them, which is done again at each interval, when somebody asks for
// the run, before much is deleted, and wherever the watch does not reach.
func (r *run) look(ctx context.Context, applier *apply.Applier, known apply.Inventory, p plan) (apply.Live, error) {
	owned := known.Union(p.inventory)
	if !r.mustList(known, p) {
		if live, ok := r.drift.observed(ctx, owned); ok {
			return live, nil
		}
	}
	live, err := applier.Observe(ctx, owned)
	if err == nil {
		r.memory.looked = r.started
	}
	return live, err
}

func (r *run) mustList(known apply.Inventory, p plan) bool {
	// A run may come a little before the interval is over.
	due := r.set.GetInterval() * 9 / 10
	return r.started.Sub(r.memory.looked) >= due || r.isRequested() || len(known.Without(p.inventory)) > manyUnwanted
}
