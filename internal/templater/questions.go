package templater

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/eddy-previews/eddy/internal/probe"
)

// insist asks until there is an answer, twice in a row.
func (a *Answers) insist(ctx context.Context, set types.NamespacedName, q *question) {
	pause, times := a.Soon, 0
	for ctx.Err() == nil {
		err := a.once(ctx, set, q)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			times++
		} else {
			times = 0
		}
		if times == 2 {
			a.settle(ctx, set, q)
			return
		}
		if err != nil {
			a.note(set, q, err)
			pause = min(pause*3/2, a.Late)
		}
		next := pause
		if times > 0 {
			next = a.Soon
		}
		linger(ctx, next)
	}
}

// confirm asks a URL that has answered once more, when it is its turn: whose is not
// waits by a timer, as a thousand that wait with a stack each would take the memory of
// all else.
func (a *Answers) confirm(ctx context.Context, set types.NamespacedName, q *question) {
	if a.isAsleep(q) {
		a.again(ctx, set, q)
		return
	}
	turn := a.pace.Reserve().Delay()
	a.mu.Lock()
	defer a.mu.Unlock()
	if ctx.Err() == nil {
		q.timer = time.AfterFunc(turn, func() { a.doubt(ctx, set, q) })
	}
}

// doubt asks a URL that has answered. Where it does not answer twice in a row it is one
// that has yet to, and is asked until it does.
func (a *Answers) doubt(ctx context.Context, set types.NamespacedName, q *question) {
	if a.once(ctx, set, q) == nil {
		a.again(ctx, set, q)
		return
	}
	linger(ctx, a.Doubt)
	err := a.once(ctx, set, q)
	if err == nil || ctx.Err() != nil || a.isAsleep(q) {
		a.again(ctx, set, q)
		return
	}
	a.lose(set, q, err)
	a.insist(ctx, set, q)
}

// linger waits for a time, or until nobody asks any more.
func linger(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// once asks when there is a place, among those of the set and among all.
func (a *Answers) once(ctx context.Context, set types.NamespacedName, q *question) error {
	a.mu.Lock()
	all := a.asked[set]
	a.mu.Unlock()
	if all == nil {
		return context.Canceled // the set is gone
	}
	for _, places := range []chan struct{}{all.places, a.places} {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	a.mu.Lock()
	how, url := all.means, q.url
	a.mu.Unlock()
	err := how.prober.Ask(ctx, url, probe.Request{Path: all.asking.path, Codes: how.codes, Timeout: how.timeout, Headers: how.headers})
	if a.Count != nil && ctx.Err() == nil {
		a.Count(probe.ResultOf(err))
	}
	return err
}

// again asks once more after the interval.
func (a *Answers) again(ctx context.Context, set types.NamespacedName, q *question) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if all := a.asked[set]; all != nil && ctx.Err() == nil {
		all.later(q, all.means.interval)
	}
}

func (a *Answers) isAsleep(q *question) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return q.asleep
}

// note notes why there is no answer, and wakes the set when that is news.
func (a *Answers) note(set types.NamespacedName, q *question, why error) {
	a.mu.Lock()
	news := q.why == nil || q.why.Error() != why.Error()
	q.why = why
	a.mu.Unlock()
	if news {
		a.wake(set)
	}
}

// lose notes that there is no answer any more.
func (a *Answers) lose(set types.NamespacedName, q *question, why error) {
	a.mu.Lock()
	q.answered, q.lost, q.why = false, true, why
	a.mu.Unlock()
	a.wake(set)
}

// settle notes that there is an answer.
func (a *Answers) settle(ctx context.Context, set types.NamespacedName, q *question) {
	a.mu.Lock()
	q.answered, q.lost, q.why, q.told = true, false, nil, ""
	a.mu.Unlock()
	a.wake(set)
	a.again(ctx, set, q)
}
