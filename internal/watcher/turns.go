package watcher

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Turns bound how many runs ask one host at once, so that a forge that does not
// answer keeps only its own providers waiting. A host may hold as many workers
// as are free: of ten, one that hangs gets five, a second one three, a third
// one. Who gets none waits in line, without a worker, until somebody leaves.
type Turns struct {
	mu   sync.Mutex
	free int
	// held is how many runs ask a host.
	held map[string]int
	// lines are the providers that wait for a host, first come first served.
	lines map[string][]ctrl.Request
	queue workqueue.TypedRateLimitingInterface[ctrl.Request]
}

// NewTurns shares out a number of workers.
func NewTurns(workers int) *Turns {
	return &Turns{free: workers, held: map[string]int{}, lines: map[string][]ctrl.Request{}}
}

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

// take starts a run, or puts it in line. What has no host always starts.
func (t *Turns) take(host string, who ctrl.Request) bool {
	if t == nil || host == "" {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mayStart(host) {
		t.free--
		t.held[host]++
		t.lines[host] = slices.DeleteFunc(t.lines[host], func(other ctrl.Request) bool { return other == who })
		return true
	}
	if !slices.Contains(t.lines[host], who) {
		t.lines[host] = append(t.lines[host], who)
	}
	return false
}

func (t *Turns) mayStart(host string) bool { return t.held[host] < t.free }

// leave ends a run that take has started.
func (t *Turns) leave(host string) {
	if t == nil || host == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free++
	if t.held[host]--; t.held[host] == 0 {
		delete(t.held, host)
	}
}

// next calls the first of each line that may start. Whoever is called calls the
// next one in turn, even if there is nothing left for it to do.
func (t *Turns) next() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for host, line := range t.lines {
		if len(line) == 0 {
			delete(t.lines, host)
		} else if t.mayStart(host) {
			t.queue.Add(line[0])
			t.lines[host] = line[1:]
		}
	}
}

// hostOf returns whom the run of a provider asks; "" for nobody.
func hostOf(provider *v1.ResourceSetInputProvider) string {
	parsed, err := url.Parse(provider.Spec.URL)
	if err != nil {
		return "" // the run says what is wrong with it
	}
	return strings.ToLower(parsed.Host)
}
