package templater

import (
	"time"

	"github.com/fluxcd/pkg/apis/meta"
)

// retry is when a preview that could not be applied is tried again, and what
// was wrong.
type retry struct {
	// revision is what was asked for; anything else is tried at once.
	revision string
	tries    int
	next     time.Time
	problem  problem
}

// Backoff is the time between two tries of one preview: the first after Min,
// each later one after twice as long, Max at most.
type Backoff struct {
	Min, Max time.Duration
}

// after returns how long to wait after a number of tries.
func (b Backoff) after(tries int) time.Duration {
	delay := b.Min
	for range tries - 1 {
		if delay *= 2; delay >= b.Max {
			return b.Max
		}
	}
	return delay
}

// pause is how long a Job that failed is left before it is made anew; nil where somebody
// wants to see it tried.
func (r *run) pause() func(times int) time.Duration {
	if r.isRequested() {
		return nil
	}
	return r.Backoff.after
}

// resting returns the problems of previews that failed to apply and whose next
// try is still to come. Each has a backoff of its own, so that a preview which
// fails for ever does not cost a request whenever another one changes.
func (r *run) resting(p desired) problems {
	out := problems{}
	if r.isRequested() {
		return out // somebody wants to see them tried
	}
	for _, preview := range p.previews {
		last, known := r.memory.retries[preview.key]
		if known && last.revision == preview.revision && r.started.Before(last.next) {
			out.add(last.problem)
		}
	}
	return out
}

// noteTries remembers which previews failed to apply in this run, and forgets
// those that did not.
func (r *run) noteTries(p desired, tried problems) {
	r.memory.keep(p.wants)
	for _, preview := range p.previews {
		failed, ok := tried.of(preview.key)
		last := r.memory.retries[preview.key]
		switch {
		case !ok || failed.reason != meta.ReconciliationFailedReason: // no other try can change that
			delete(r.memory.retries, preview.key)
		case last.revision == preview.revision && r.started.Before(last.next) && !r.isRequested():
			// it rested
		default:
			if last.revision != preview.revision {
				last = retry{revision: preview.revision}
			}
			last.tries++
			last.problem, last.next = failed, r.started.Add(r.Backoff.after(last.tries))
			r.memory.retries[preview.key] = last
		}
	}
}

// nextTry returns the time until the first of the previews that failed is to be
// tried again; 0 when none is.
func (r *run) nextTry() time.Duration {
	var soonest time.Duration
	for _, retry := range r.memory.retries {
		left := max(retry.next.Sub(r.Now()), time.Millisecond)
		if soonest == 0 || left < soonest {
			soonest = left
		}
	}
	return soonest
}
