package report

import "time"

// Jitter returns a function that makes an interval up to a percentage shorter
// or longer, so that what began together does not stay together. Random returns
// numbers from 0 to 1, and is called by many at once.
func Jitter(percentage uint8, random func() float64) func(time.Duration) time.Duration {
	part := float64(percentage) / 100
	return func(interval time.Duration) time.Duration {
		return time.Duration(float64(interval) * (1 + part*(2*random()-1)))
	}
}

// Interval returns the time from a run of an object to its next one.
func (r *Reporter) Interval(obj Object) time.Duration {
	if r.Jitter == nil {
		return obj.GetInterval()
	}
	return r.Jitter(obj.GetInterval())
}
