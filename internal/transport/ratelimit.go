package transport

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/internal/lru"
)

const (
	// unsaid is how long a forge is left alone that refuses and does not say
	// until when; GitHub asks for at least that.
	unsaid = time.Minute
	// maxHold bounds what a forge can ask for: a broken clock, or an answer that
	// is not the forge's, costs an hour and not a day. One that still wants to be
	// left alone then says so again.
	maxHold = time.Hour
	// maxCallers is how many are remembered; who was asked longest ago is
	// forgotten first.
	maxCallers = 1000
	// epoch tells a point in time from a number of seconds.
	epoch = 1_000_000_000
)

// limits is what forges have said about how often they want to be asked, by
// whom. While one wants to be left alone, nobody asks it with the same
// credentials by the same way.
type limits struct {
	now     func() time.Time
	holds   *lru.Cache[caller, hold]
	budgets *lru.Cache[caller, budget]
}

func newLimits(now func() time.Time) *limits {
	return &limits{now: now, holds: lru.New[caller, hold](maxCallers), budgets: lru.New[caller, budget](maxCallers)}
}

// caller is one of the clients that a host counts.
type caller = By[Host]

// Host is a name, with the port where one is given.
type Host string

// hold is a time during which a forge is not to be asked.
type hold struct {
	until time.Time
	// refusal is what the forge said; nil when it answered, and asked only for
	// a pause before the next question.
	refusal error
}

// budget is how many calls are left until a time.
type budget struct {
	remaining int
	reset     time.Time
}

// wait returns at once where the forge may be asked. A pause it waits out,
// where the context has the time; a refusal it repeats.
func (l *limits) wait(ctx context.Context, who caller) error {
	held, _ := l.holds.Get(who)
	left := held.until.Sub(l.now())
	if left <= 0 {
		return nil
	}
	if held.refusal != nil {
		return held.refusal
	}
	if deadline, bounded := ctx.Deadline(); !bounded || time.Until(deadline) < left {
		return &Error{What: "asked to slow down", Kind: &RateLimited{Until: held.until}}
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read takes notice of what an answer says about limits. The refusal is nil for
// an answer that is none.
func (l *limits) read(who caller, h http.Header, refusal error) {
	now := l.now()
	remaining, err := strconv.Atoi(cmp.Or(h.Get("X-RateLimit-Remaining"), h.Get("RateLimit-Remaining")))
	counted := err == nil
	if reset := resetOf(h, now); counted && !reset.IsZero() {
		l.budgets.Put(who, budget{remaining: remaining, reset: reset}, 1)
	}
	until := l.until(h)
	switch {
	case refusal != nil:
		l.holds.Put(who, hold{until: until, refusal: refusal}, 1)
	case retryAfter(h, now).After(now):
		l.holds.Put(who, hold{until: until}, 1)
	// Azure DevOps says 0 while it delays its answers, which is no refusal.
	case counted && remaining == 0 && h.Get("X-RateLimit-Delay") == "" && !resetOf(h, now).IsZero():
		refusal = &Error{What: "no calls are left", Kind: &RateLimited{Until: until}}
		l.holds.Put(who, hold{until: until, refusal: refusal}, 1)
	}
}

// until reads when a forge may be asked again that refuses, or has no calls left: by
// Retry-After, or when the limit is reset. Where it does not say, or its clock is behind
// and that is over already, it is left alone for a while all the same.
func (l *limits) until(h http.Header) time.Time {
	now := l.now()
	latest := now.Add(maxHold)
	for _, told := range []time.Time{retryAfter(h, now), resetOf(h, now)} {
		switch {
		case told.After(latest):
			return latest
		case told.After(now):
			return told
		}
	}
	return now.Add(unsaid)
}

// retryAfter reads how long a forge wants to be left alone, in seconds or as a date; zero
// when it does not say.
func retryAfter(h http.Header, now time.Time) time.Time {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return now.Add(time.Duration(seconds) * time.Second)
	}
	date, err := http.ParseTime(text)
	if err != nil {
		return time.Time{}
	}
	return date
}

// resetOf reads when a limit is reset, zero when it is not told: in seconds
// since 1970, as GitHub, GitLab and Azure DevOps write it, or from now on, as
// the draft standard does.
func resetOf(h http.Header, now time.Time) time.Time {
	text := cmp.Or(h.Get("X-RateLimit-Reset"), h.Get("RateLimit-Reset"))
	seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	switch {
	case err != nil || seconds <= 0:
		return time.Time{}
	case seconds < epoch:
		return now.Add(time.Duration(seconds) * time.Second)
	default:
		return time.Unix(seconds, 0)
	}
}

// isRefusal tells "too often" from "never": a 429, or a 403 that says so.
func isRefusal(resp *http.Response) bool {
	h := resp.Header
	return resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusForbidden &&
		(h.Get("Retry-After") != "" || h.Get("X-RateLimit-Remaining") == "0" || h.Get("RateLimit-Remaining") == "0")
}
