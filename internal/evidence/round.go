package evidence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eddy-previews/eddy/internal/admit"
)

const (
	// patience is how long the looks of one run may take: what hangs holds nobody up.
	patience = 10 * time.Second
	// afterTheFirst is how long what was met waits for what others find.
	afterTheFirst = 500 * time.Millisecond
)

// perMinute is how often all providers of a namespace together look at one host in a minute.
const perMinute = 100

var (
	errSlow = errors.New("nothing was answered in time")
	errMet  = errors.New("something else is there")
)

// round are the looks of one run.
type round struct {
	ctx      context.Context //nolint:containedctx // it is that of the looks, and ends with them
	stop     context.CancelCauseFunc
	patience time.Duration
	slow     *time.Timer
	opened   []opening

	mu  sync.Mutex
	met *time.Timer
}

func newRound(ctx context.Context, most time.Duration) *round {
	r := &round{patience: cmp.Or(most, patience)}
	r.ctx, r.stop = context.WithCancelCause(ctx)
	r.slow = time.AfterFunc(r.patience, func() { r.stop(errSlow) })
	return r
}

// end lets go what the round has.
func (r *round) end() {
	r.slow.Stop()
	if r.met != nil {
		r.met.Stop()
	}
	r.stop(nil)
}

// open returns the repositories of the images, opened once.
func (r *round) open(g *Gate, q Question) []opening {
	if r.opened == nil {
		r.opened = make([]opening, len(g.images))
		for i, each := range g.images {
			r.opened[i].repository, r.opened[i].err = q.Open(r.ctx, each.GateImage, each.field)
		}
	}
	return r.opened
}

// judge says what a look came to, that may have been cut short: because another one was
// met, which is exported now, or because nothing is answered.
func (r *round) judge(found finding) finding {
	if found.Proved != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.met == nil {
			r.met = time.AfterFunc(afterTheFirst, func() { r.stop(errMet) })
		}
		return found
	}
	switch cause := context.Cause(r.ctx); {
	case errors.Is(cause, errMet):
		return finding{Evidence: admit.Evidence{Reason: admit.EvidenceUnavailable}, cut: true}
	case errors.Is(cause, errSlow):
		return unknown(fmt.Sprintf("waits, as it cannot be told whether what it waits for is there: nothing was answered within %s", r.patience), nil)
	default:
		return found
	}
}

// host is one that a tenant looks at: nobody waits for what others ask of it.
type host struct{ namespace, name string }

// hosts remember when each was looked at in the last minute, perMinute times at most.
type hosts struct {
	mu    sync.Mutex
	looks map[host][]time.Time
	// swept is when those were forgotten at which nobody looks any more.
	swept time.Time
}

// hosts are those of the images, and that of the checks, each once: a look asks for one
// image after the other, and stops at the first that is missing.
func (g *Gate) hosts() []string {
	var out []string
	for _, each := range g.images {
		name, _, _ := strings.Cut(each.Repository, "/")
		out = append(out, name)
	}
	if len(g.spec.Checks) > 0 {
		out = append(out, g.forge)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// mayAsk reports whether a look at some hosts is not one too many for their tenant in this
// minute, and takes note of it. Who asks by hand is answered.
func (h *hosts) mayAsk(names []string, q Question) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := q.Now()
	h.sweep(now)
	for _, name := range names {
		if !q.Anew && len(recent(h.looks[host{q.Provider.Namespace, name}], now)) >= perMinute {
			return false
		}
	}
	for _, name := range names {
		of := host{q.Provider.Namespace, name}
		looks := append(recent(h.looks[of], now), now)
		h.looks[of] = looks[max(0, len(looks)-perMinute):]
	}
	return true
}

// sweep forgets, once a minute, the hosts at which nobody looked in the last one.
func (h *hosts) sweep(now time.Time) {
	if h.looks == nil {
		h.looks = map[host][]time.Time{}
	}
	if now.Sub(h.swept) < time.Minute {
		return
	}
	maps.DeleteFunc(h.looks, func(_ host, looks []time.Time) bool { return len(recent(looks, now)) == 0 })
	h.swept = now
}

// recent are the looks of the last minute.
func recent(looks []time.Time, now time.Time) []time.Time {
	for len(looks) > 0 && now.Sub(looks[0]) >= time.Minute {
		looks = looks[1:]
	}
	return looks
}
