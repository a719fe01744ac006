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

func TestAnIntervalIsNoShorterThanTheFloorAndNeverNegative(t *testing.T) {
	r := &Reporter{Jitter: Jitter(50, func() float64 { return 1 }), Floor: 5 * time.Second}
	for every, want := range map[string]time.Duration{"1ms": 5 * time.Second, "4s": 6 * time.Second, "1m": 90 * time.Second} {
		provider := &v1.ResourceSetInputProvider{}
		provider.Annotations = map[string]string{v1.ReconcileEveryAnnotation: every}
		if got := r.Interval(provider); got != want {
			t.Errorf("every %s it runs after %s, want %s", every, got, want)
		}
	}
	provider := &v1.ResourceSetInputProvider{}
	provider.Annotations = map[string]string{v1.ReconcileEveryAnnotation: "2562047h47m16.854775807s"}
	if got := r.Interval(provider); got <= 0 {
		t.Errorf("the longest interval is %s", got)
	}
}
