package feedback

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/eddy-previews/eddy/internal/turns"
)

// moves know of providers that move from one shard to another, so that two never tell the
// same request at once: each would find no comment there, and write one.
//
//	the provider leaves    the run that is at work ends
//	it comes               a run begins once any that is at work elsewhere has ended
type moves struct {
	runs turns.Runs

	mu sync.Mutex
	// since is when providers came that wait.
	since map[types.NamespacedName]time.Time
}

func (m *moves) left(of types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.since, of)
	m.runs.End(of)
}

func (m *moves) came(of types.NamespacedName, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.since == nil {
		m.since = map[types.NamespacedName]time.Time{}
	}
	m.since[of] = now
}

// wait is how long a provider is left alone that has come a moment ago.
func (m *moves) wait(of types.NamespacedName, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	since, waits := m.since[of]
	left := timeout - now.Sub(since)
	if !waits || left <= 0 {
		delete(m.since, of)
		return 0
	}
	return left
}

// isOurs reports whether an object is of this shard.
func (r *Reconciler) isOurs(object client.Object) bool {
	return r.Selector == nil || r.Selector.Matches(labels.Set(object.GetLabels()))
}

// moving notes who leaves the shard, and wakes who comes.
func (r *Reconciler) moving() handler.EventHandler {
	return handler.Funcs{UpdateFunc: func(ctx context.Context, e event.UpdateEvent, queue queue) {
		of := client.ObjectKeyFromObject(e.ObjectNew)
		switch was, is := r.isOurs(e.ObjectOld), r.isOurs(e.ObjectNew); {
		case was && !is:
			r.moves.left(of)
			wake([]types.NamespacedName{of}, queue) // to forget it
		case !was && is:
			r.moves.came(of, r.Now())
			wake(r.ofProvider(ctx, e.ObjectNew), queue)
		}
	}}
}
