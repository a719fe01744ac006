// Package schedule says when a forge may be asked: cron expressions, each with
// a time zone and a window.
//
//	plan, err := schedule.Compile([]v1.Schedule{{Cron: "0 8 * * 1-5", Window: 10h}}, timeout)
//	plan.Allows(now)            // within 8:00 to 18:00, with room for one run?
//	plan.Next(now, interval)    // when to run next
//
// Schedules are alternatives: what one of them allows is allowed. A window of
// zero is always open, and its expression only adds runs. All functions are
// pure; the caller has the clock.
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Plan is a compiled list of schedules. The zero Plan always allows.
type Plan struct {
	entries []entry
	// timeout is the room that a run needs before a window closes.
	timeout time.Duration
}

type entry struct {
	spec   v1.Schedule
	cron   cron.Schedule
	zone   *time.Location
	window time.Duration
}

// Compile reads schedules. A window has to have room for two runs of the given
// timeout; the error names the entry, what is wrong with it, and what to do.
func Compile(specs []v1.Schedule, timeout time.Duration) (Plan, error) {
	plan := Plan{timeout: timeout}
	for n, spec := range specs {
		compiled, err := compile(spec, timeout)
		if err != nil {
			return Plan{}, fmt.Errorf("spec.schedule[%d].%w", n, err)
		}
		plan.entries = append(plan.entries, compiled)
	}
	return plan, nil
}

func compile(spec v1.Schedule, timeout time.Duration) (entry, error) {
	name := spec.TimeZone
	if name == "" {
		name = "UTC"
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return entry{}, fmt.Errorf("timeZone: %q is not an IANA time zone such as Europe/Berlin: %w", name, err)
	}
	parsed, err := parse(spec.Cron)
	if err != nil {
		return entry{}, fmt.Errorf("cron: %q %w", spec.Cron, err)
	}
	every, isEvery := parsed.(cron.ConstantDelaySchedule)
	if window := spec.Window.Duration; isEvery && window > 0 && window < every.Delay {
		return entry{}, fmt.Errorf("window: %s is shorter than the %s of cron, so that it never opens", window, every.Delay)
	}
	if window := spec.Window.Duration; window > 0 && window < 2*timeout {
		return entry{}, fmt.Errorf("window: %s is too short: it needs at least %s, twice the timeout of a run", window, 2*timeout)
	}
	return entry{spec: spec, cron: parsed, zone: zone, window: spec.Window.Duration}, nil
}

// leapYear begins one: what does not come within five years of it never does.
var leapYear = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// parse reads an expression, and refuses one that never comes, such as the 30th
// of February.
func parse(expression string) (cron.Schedule, error) {
	_, fields, _ := strings.Cut(expression, " ")
	if strings.Contains(expression, "TZ=") && strings.TrimSpace(fields) == "" { // the library would take it apart in vain
		return nil, errors.New("is a time zone alone: name it in timeZone, and give five fields here")
	}
	parsed, err := cron.ParseStandard(expression)
	if err != nil {
		return nil, fmt.Errorf("is not an expression of five fields or a descriptor such as @daily: %w", err)
	}
	if parsed.Next(leapYear).IsZero() {
		return nil, errors.New("never comes: no year has such a day")
	}
	return parsed, nil
}

// Allows reports whether a run may start now: some window is open, and stays
// so for the timeout of a run.
func (p Plan) Allows(now time.Time) bool {
	if len(p.entries) == 0 {
		return true
	}
	for _, e := range p.entries {
		if e.window == 0 || e.open(now, now.Add(p.timeout)) {
			return true
		}
	}
	return false
}

// Next returns the time to the next run after one at now, and the schedule that
// is due next, nil without schedules: after the interval, where that is allowed
// and no schedule is due earlier, else when the next schedule is due.
func (p Plan) Next(now time.Time, interval time.Duration) (time.Duration, *v1.NextSchedule) {
	if len(p.entries) == 0 {
		return interval, nil
	}
	next := p.due(now)
	if next == nil {
		return interval, nil
	}
	if after := now.Add(interval); after.Before(next.When.Time) && p.Allows(after) {
		return interval, next
	}
	return next.When.Sub(now), next
}

// due returns the schedule that fires first after a time.
func (p Plan) due(after time.Time) *v1.NextSchedule {
	var first *v1.NextSchedule
	for _, e := range p.entries {
		when := e.cron.Next(after.In(e.zone))
		if when.IsZero() { // it is years away
			continue
		}
		if first == nil || when.Before(first.When.Time) {
			first = &v1.NextSchedule{Schedule: e.spec, When: metav1.NewTime(when)}
		}
	}
	return first
}

// open reports whether one window covers all of the time between two points.
func (e entry) open(from, to time.Time) bool {
	// A window that covers from was opened at most its length before.
	for opened := e.cron.Next(from.Add(-e.window).In(e.zone)); !opened.IsZero() && !opened.After(from); opened = e.cron.Next(opened) {
		if to.Before(opened.Add(e.window)) {
			return true
		}
	}
	return false
}
