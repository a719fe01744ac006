package turns

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// Runs are those at work on objects that may be taken from them, as when an object moves
// to another shard. There are none in the zero value.
type Runs struct {
	mu   sync.Mutex
	stop map[types.NamespacedName]context.CancelFunc
}

// Begin returns a context for a run, which ends when its object is taken from it, and what
// is to be called when the run has ended.
func (r *Runs) Begin(ctx context.Context, of types.NamespacedName) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop == nil {
		r.stop = map[types.NamespacedName]context.CancelFunc{}
	}
	r.stop[of] = cancel
	return ctx, func() {
		cancel()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.stop, of)
	}
}

// End ends the run that is at work on an object, if there is one.
func (r *Runs) End(of types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if stop := r.stop[of]; stop != nil {
		stop()
	}
}
