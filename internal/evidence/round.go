package evidence

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// perMinute is how often all providers together look at one host in a minute.
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

// hosts remember when each was looked at in the last minute.
type hosts struct {
	mu    sync.Mutex
	looks map[string][]time.Time
}

// hosts are those of the images, once for each image, and that of the checks.
func (g *Gate) hosts() []string {
	out := make([]string, len(g.images))
	for n, each := range g.images {
		out[n], _, _ = strings.Cut(each.Repository, "/")
	}
	if len(g.spec.Checks) > 0 {
		out = append(out, g.forge)
	}
	return out
}

// mayAsk reports whether a look at some hosts is not one too many in this minute, and
// takes note of it. Who asks by hand is answered.
func (p *provider) mayAsk(names []string, q Question) bool {
	p.hosts.mu.Lock()
	defer p.hosts.mu.Unlock()
	now := q.Now()
	if p.hosts.looks == nil {
		p.hosts.looks = map[string][]time.Time{}
	}
	wanted := map[string]int{}
	for _, name := range names {
		wanted[name]++
		recent := p.hosts.looks[name]
		for len(recent) > 0 && now.Sub(recent[0]) >= time.Minute {
			recent = recent[1:]
		}
		if p.hosts.looks[name] = recent; len(recent) > 0 && len(recent)+wanted[name] > perMinute && !q.Anew {
			return false
		}
	}
	for _, name := range names {
		p.hosts.looks[name] = append(p.hosts.looks[name], now)
	}
	return true
}
