// Package throttle lets few at a time go on with what takes a processor for long,
// so that processors are left for everybody else.
//
//	pass := throttle.Pass(ctx, namespace)
//	defer pass.End()
//	…
//	pass.Spend(units)   // as often as something is about to be done
//
// What is cheap never waits. Whoever has spent more than that needs a place to
// go on, and hands it on after a while, so that all of them get ahead. Namespaces
// take turns, and in a namespace those who wait: ten costly runs of one tenant
// get as much together as one of another.
package throttle

import (
	"context"
	"sync"
)

// cheap is what a run may spend without a place, and with one before it hands
// that on: about ten milliseconds, far more than usual runs take. A unit is about
// half a microsecond of a processor.
const cheap = 20_000

// Throttle has a number of places. The nil Throttle is open.
type Throttle struct {
	places chan struct{}

	mu sync.Mutex
	// doors let one of each namespace wait for a place.
	doors map[string]*door
}

// door is held by who waits for a place, or has one.
type door struct {
	held  chan struct{}
	users int
}

// New returns a throttle with a number of places behind it.
func New(places int) *Throttle {
	return &Throttle{places: make(chan struct{}, places), doors: map[string]*door{}}
}

// Pass is what one run goes through the throttle with. It is not safe for concurrent
// use; the nil Pass never waits.
type Pass struct {
	ctx       context.Context //nolint:containedctx // what spends is called by languages that know none
	throttle  *Throttle
	namespace string
	// spent since the run began, or since it was given a place.
	spent int
	// door that it holds while it has a place.
	door *door
}

// Pass returns that of a run of a namespace. It waits no longer than ctx lasts;
// to end the run is up to who spends.
func (t *Throttle) Pass(ctx context.Context, namespace string) *Pass {
	if t == nil {
		return nil
	}
	return &Pass{ctx: ctx, throttle: t, namespace: namespace}
}

// Spend counts what is about to be done, and waits for a place if it is much.
func (p *Pass) Spend(units int) {
	if p == nil {
		return
	}
	if p.spent += max(0, min(units, cheap)); p.spent <= cheap {
		return
	}
	p.End()
	if p.door = p.throttle.enter(p.ctx, p.namespace); p.door != nil {
		p.spent = 0
	}
}

// End gives the place back, if the run has one. Nobody may hold one while
// waiting for anything else.
func (p *Pass) End() {
	if p == nil || p.door == nil {
		return
	}
	p.throttle.leave(p.namespace, p.door)
	p.door, p.spent = nil, cheap
}

// enter waits at the door of a namespace, then for a place. Go lets those who
// wait at a channel pass in the order in which they came.
func (t *Throttle) enter(ctx context.Context, namespace string) *door {
	door := t.open(namespace)
	select {
	case door.held <- struct{}{}:
	case <-ctx.Done():
		t.close(namespace, door)
		return nil
	}
	select {
	case t.places <- struct{}{}:
		return door
	case <-ctx.Done():
		<-door.held
		t.close(namespace, door)
		return nil
	}
}

func (t *Throttle) leave(namespace string, door *door) {
	<-t.places
	<-door.held
	t.close(namespace, door)
}

func (t *Throttle) open(namespace string) *door {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.doors[namespace] == nil {
		t.doors[namespace] = &door{held: make(chan struct{}, 1)}
	}
	t.doors[namespace].users++
	return t.doors[namespace]
}

// close forgets a door that nobody uses.
func (t *Throttle) close(namespace string, door *door) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if door.users--; door.users == 0 {
		delete(t.doors, namespace)
	}
}
