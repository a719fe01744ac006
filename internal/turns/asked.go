package turns

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

// burst is how many runs of an object somebody gets at once: nobody who edits or
// asks by hand waits for anything.
const burst = 5

// Asked bounds the runs that people ask for, by making an object, an annotation, a
// change of the spec or of a Secret: a few at once, and then one in each floor,
// which answers all that was asked meanwhile. A deletion never waits. The nil
// Asked bounds nothing.
type Asked struct {
	floor time.Duration
	now   func() time.Time

	mu sync.Mutex
	// full is when an object has all of its burst again. The run that was given
	// last is a burst of floors before that.
	full map[ctrl.Request]time.Time
}

// Queue is that of a controller.
type Queue = workqueue.TypedRateLimitingInterface[ctrl.Request]

// NewAsked bounds runs by a floor; nothing is bounded when it is zero.
func NewAsked(floor time.Duration, now func() time.Time) *Asked {
	return &Asked{floor: floor, now: now, full: map[ctrl.Request]time.Time{}}
}

// Handler starts a run for an object that came or was changed, when it may have
// one. Who is deleted and made again is the same: it gets no other runs.
func (a *Asked) Handler() handler.EventHandler {
	return handler.Funcs{
		CreateFunc:  func(_ context.Context, e event.CreateEvent, q Queue) { a.changed(nil, e.Object, q) },
		UpdateFunc:  func(_ context.Context, e event.UpdateEvent, q Queue) { a.changed(e.ObjectOld, e.ObjectNew, q) },
		GenericFunc: func(_ context.Context, e event.GenericEvent, q Queue) { a.Ask(requestFor(e.Object), q) },
		DeleteFunc:  func(context.Context, event.DeleteEvent, Queue) { a.forget() },
	}
}

// Map starts runs for those whom a change of something else concerns.
func (a *Asked) Map(concerned handler.MapFunc) handler.EventHandler {
	ask := func(ctx context.Context, queue Queue, states ...client.Object) {
		asked := map[ctrl.Request]bool{} // once each, also whom it concerns before and after
		for _, state := range states {
			for _, who := range concerned(ctx, state) {
				if !asked[who] {
					asked[who] = true
					a.Ask(who, queue)
				}
			}
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q Queue) { ask(ctx, q, e.Object) },
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q Queue) { ask(ctx, q, e.ObjectOld, e.ObjectNew) },
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q Queue) { ask(ctx, q, e.Object) },
	}
}

// Gone passes the end of an object, which Handler leaves out.
func Gone() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(event.UpdateEvent) bool { return false },
	}
}

// changed starts a run for an object that came, or was another before. What waits
// for nothing is that it is deleted, and not what else is written of it then.
func (a *Asked) changed(before, now client.Object, queue Queue) {
	if isDeleted(now) && !isDeleted(before) {
		queue.Add(requestFor(now))
		return
	}
	a.Ask(requestFor(now), queue)
}

func isDeleted(object client.Object) bool {
	return object != nil && !object.GetDeletionTimestamp().IsZero()
}

func requestFor(object client.Object) ctrl.Request {
	return ctrl.Request{NamespacedName: client.ObjectKeyFromObject(object)}
}

// Ask starts a run, at once or when it may have one.
func (a *Asked) Ask(who ctrl.Request, queue Queue) {
	if wait := a.wait(who); wait > 0 {
		queue.AddAfter(who, wait) // the queue keeps one of an object, the earliest
		return
	}
	queue.Add(who)
}

// wait takes one of the runs that an object has left, and says how long it is
// until then. Whoever asks before a run that is due shares that one.
func (a *Asked) wait(who ctrl.Request) time.Duration {
	if a == nil || a.floor <= 0 {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	if due := a.full[who].Add(-burst * a.floor); due.After(now) {
		return due.Sub(now)
	}
	full := a.full[who]
	if full.Before(now) {
		full = now
	}
	a.full[who] = full.Add(a.floor)
	return max(0, a.full[who].Add(-burst*a.floor).Sub(now))
}

// forget drops those who have all of their burst: they are as if they had never
// asked.
func (a *Asked) forget() {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	for who, full := range a.full {
		if full.Before(now) {
			delete(a.full, who)
		}
	}
}
