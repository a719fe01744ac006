package report

import (
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestAnIntervalIsALittleShorterOrLonger(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	cases := map[string]struct {
		percentage uint8
		random     float64
		want       time.Duration
	}{
		"at the least":     {5, 0, 9*time.Minute + 30*time.Second},
		"in the middle":    {5, 0.5, 10 * time.Minute},
		"at the most":      {5, 1, 10*time.Minute + 30*time.Second},
		"without a jitter": {0, 1, 10 * time.Minute},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := &Reporter{Jitter: Jitter(c.percentage, func() float64 { return c.random })}
			if got := r.Interval(provider); got != c.want {
				t.Errorf("the interval is %s, want %s", got, c.want)
			}
		})
	}
}
