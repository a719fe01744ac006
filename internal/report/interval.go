package report

import (
	"math"
	"time"
)

// Jitter returns a function that makes an interval up to a percentage shorter
// or longer, so that what began together does not stay together. Random returns
// numbers from 0 to 1, and is called by many at once.
func Jitter(percentage uint8, random func() float64) func(time.Duration) time.Duration {
	part := float64(percentage) / 100
	return func(interval time.Duration) time.Duration {
		return time.Duration(float64(interval) * (1 + part*(2*random()-1)))
	}
}

// longest is an interval that can still be made longer by Jitter.
const longest = time.Duration(math.MaxInt64 / 2)

// Interval returns the time from a run of an object to its next one.
func (r *Reporter) Interval(obj Object) time.Duration {
	interval := min(obj.GetInterval(), longest)
	if r.Jitter != nil {
		interval = r.Jitter(interval)
	}
	return r.AtLeast(interval)
}

// AtLeast returns a time between two runs that is no shorter than the floor.
func (r *Reporter) AtLeast(after time.Duration) time.Duration { return max(after, r.Floor) }
