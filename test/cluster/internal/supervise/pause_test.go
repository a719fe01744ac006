package supervise

import (
	"testing"
	"time"
)

func TestPauseGrowsWhileAProcessKeepsEnding(t *testing.T) {
	for name, c := range map[string]struct{ ran, last, want time.Duration }{
		"the first end":               {ran: time.Second, want: firstPause},
		"the second end":              {ran: time.Second, last: firstPause, want: 2 * firstPause},
		"the pause has a limit":       {ran: time.Second, last: longestPause, want: longestPause},
		"a steady run makes good for": {ran: steadyAfter, last: longestPause, want: firstPause},
	} {
		if got := pauseAfter(c.ran, c.last); got != c.want {
			t.Errorf("%s: paused for %s, want %s", name, got, c.want)
		}
	}
}
