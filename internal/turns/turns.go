// Package turns shares the workers of a controller out, by namespace and by
// host, so that nobody can take all of them: neither a tenant with thirty
// forges that never answer, nor a forge that everybody watches.
//
//	turns := turns.New(10, 50)
//
//	defer turns.Done(request)          // first thing in Reconcile, whatever it does
//	if !turns.Take(request, host) {
//		return ctrl.Result{}, nil  // it waits in line, without a worker
//	}
//
// Of the shared workers a host may hold as many as are left to others, and a
// namespace twice as many: of ten, one host that hangs gets five, and one
// namespace with many of them seven. Who gets none waits in line until somebody
// leaves. Whose turn it is then is decided by who holds least: a namespace
// with nothing at work comes before one with little, and that one before one
// with much; among equals, who came first.
//
// Beside the shared workers there is a reserve. A namespace gets one of it where
// it has nothing at work, and a few more for hosts that nobody asks: a run that
// waits for an answer costs next to nothing, and so neither many tenants that
// hang at once keep others out, nor a few forges of a tenant its other ones.
//
// It stands with the controllers, whose queue it fills: namespaces and hosts are
// shared out of the same workers, by one rule. How often a host may be asked at
// all is for internal/transport to say.
package turns

import (
	"context"
	"slices"
	"sync"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
)

// Turns say whose turn it is. The nil Turns let everybody start.
type Turns struct {
	shared, reserve int

	mu sync.Mutex
	// free and spare are what is left of the shared workers and of the reserve.
	free, spare int
	// running are the runs at work, and those that were called and are to start.
	running map[ctrl.Request]turn
	// namespaces and hosts are how much is at work for each, and spares how much
	// of that a namespace has from the reserve.
	namespaces, hosts, spares map[string]int
	// lines are those that wait, each in the order in which they came.
	lines map[place][]waiting
	// inLine says where somebody waits.
	inLine map[ctrl.Request]place
	came   uint64
	queue  workqueue.TypedRateLimitingInterface[ctrl.Request]
}

// place is where a run counts, and the line that it waits in.
type place struct{ namespace, host string }

// turn is a worker that somebody holds.
type turn struct {
	place
	spare bool
}

type waiting struct {
	who  ctrl.Request
	came uint64
}

// New shares out a number of workers, with a reserve for those who would get
// none of them. Workers says how many the controller is to have for that.
func New(shared, reserve int) *Turns {
	return &Turns{
		shared: shared, reserve: reserve, free: shared, spare: reserve,
		running: map[ctrl.Request]turn{}, namespaces: map[string]int{}, hosts: map[string]int{}, spares: map[string]int{},
		lines: map[place][]waiting{}, inLine: map[ctrl.Request]place{},
	}
}

// Workers is how many workers the controller needs: those that are shared out,
// the reserve, and as many as are shared for what needs no turn or is put in
// line.
func (t *Turns) Workers() int { return 2*t.shared + t.reserve }

// Start implements source.Source: those whose turn it is go into the queue.
func (t *Turns) Start(_ context.Context, queue workqueue.TypedRateLimitingInterface[ctrl.Request]) error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue = queue
	return nil
}

// Take starts a run that asks a host, "" for none, or puts it in line.
func (t *Turns) Take(who ctrl.Request, host string) bool {
	if t == nil {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	at := place{who.Namespace, host}
	if called, ok := t.running[who]; ok {
		if called.place == at {
			return true
		}
		t.release(who) // it asks somebody else by now
	}
	t.leaveLine(who)
	if t.start(who, at) {
		return true
	}
	t.came++
	t.lines[at] = append(t.lines[at], waiting{who, t.came})
	t.inLine[who] = at
	return false
}

// Done ends the turn of a run, if it had one, and calls those whose turn it is
// now. A run that was called and finds nothing to do is done as well.
func (t *Turns) Done(who ctrl.Request) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.release(who)
	for t.callNext() {
	}
}

// start gives a run a worker, if it may have one.
func (t *Turns) start(who ctrl.Request, at place) bool {
	switch {
	case t.mayShare(at):
		t.free--
		t.running[who] = turn{place: at}
	case t.mayUseReserve(at):
		t.spare--
		t.spares[at.namespace]++
		t.running[who] = turn{place: at, spare: true}
	default:
		return false
	}
	t.namespaces[at.namespace]++
	if at.host != "" {
		t.hosts[at.host]++
	}
	return true
}

// mayShare says who may have one of the workers for all.
func (t *Turns) mayShare(at place) bool {
	return t.namespaces[at.namespace] < 2*t.free && t.hosts[at.host] < t.free
}

// mayUseReserve says who may have one of the reserve: a namespace without any,
// but of a host that hangs for all only as many as there are shared workers;
// and an eighth of it a namespace for each host that nobody asks.
func (t *Turns) mayUseReserve(at place) bool {
	if t.namespaces[at.namespace] == 0 {
		return t.spare > 0 && t.hosts[at.host] < t.shared
	}
	return at.host != "" && t.hosts[at.host] == 0 && t.spares[at.namespace] < t.spare/8
}

// release takes the worker back.
func (t *Turns) release(who ctrl.Request) {
	held, ok := t.running[who]
	if !ok {
		return
	}
	delete(t.running, who)
	if held.spare {
		t.spare++
		decrease(t.spares, held.namespace)
	} else {
		t.free++
	}
	decrease(t.namespaces, held.namespace)
	if held.host != "" {
		decrease(t.hosts, held.host)
	}
}

// callNext calls one of those who wait, if anybody may start. The worker is
// theirs from then on, so that nobody takes it first.
func (t *Turns) callNext() bool {
	best, found := place{}, false
	for at := range t.lines {
		if (t.mayShare(at) || t.mayUseReserve(at)) && (!found || t.before(at, best)) {
			best, found = at, true
		}
	}
	if !found {
		return false
	}
	who := t.lines[best][0].who
	t.leaveLine(who)
	t.start(who, best)
	t.queue.Add(who)
	return true
}

// before orders lines: first that of the namespace which holds least.
func (t *Turns) before(a, b place) bool {
	if x, y := t.namespaces[a.namespace], t.namespaces[b.namespace]; x != y {
		return x < y
	}
	return t.lines[a][0].came < t.lines[b][0].came
}

// leaveLine takes somebody out of the line in which they wait, if any.
func (t *Turns) leaveLine(who ctrl.Request) {
	at, ok := t.inLine[who]
	if !ok {
		return
	}
	delete(t.inLine, who)
	t.lines[at] = slices.DeleteFunc(t.lines[at], func(w waiting) bool { return w.who == who })
	if len(t.lines[at]) == 0 {
		delete(t.lines, at)
	}
}

func decrease(counts map[string]int, key string) {
	if counts[key]--; counts[key] <= 0 {
		delete(counts, key)
	}
}
