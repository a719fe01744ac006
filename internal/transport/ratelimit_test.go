package transport_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/transport"
)

func TestNobodyIsHeldOffForMoreThanAnHour(t *testing.T) {
	l := newListener(t)
	config := transport.Config{URL: l.URL, Pools: l.pools}
	for _, header := range []string{"86400", l.now.AddDate(1, 0, 0).UTC().Format(http.TimeFormat)} {
		l.answer = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		}
		if err := ask(t, config); err == nil {
			t.Fatal("the forge did not refuse")
		}
		l.answer = says(http.StatusOK, `{}`)
		l.now = l.now.Add(time.Hour)
		mustAsk(t, config)
	}
}

// A clock that is behind ours, or a number that is none, does not take the pause away.
func TestWhoRefusesIsLeftAloneThoughItsClockIsBehind(t *testing.T) {
	for name, headers := range map[string]map[string]string{
		"a date that is past":   {"Retry-After": "Mon, 02 Jan 2006 15:04:05 GMT"},
		"a reset that is past":  {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1136214245"},
		"a reset beyond time":   {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9223372036854775807"},
		"no time at all":        {"Retry-After": "0"},
		"less than that":        {"Retry-After": "-60"},
		"a past date, and more": {"Retry-After": "Mon, 02 Jan 2006 15:04:05 GMT", "X-RateLimit-Reset": "60"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newListener(t)
			config := transport.Config{URL: l.URL, Pools: l.pools}
			l.answer = func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range headers {
					w.Header().Set(name, value)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			}
			for range 2 {
				if err := ask(t, config); err == nil {
					t.Fatal("the forge did not refuse")
				}
			}
			if heard := len(l.heard()); heard != 1 {
				t.Errorf("it was asked %d times", heard)
			}
			l.answer = says(http.StatusOK, `{}`)
			l.now = l.now.Add(time.Hour)
			mustAsk(t, config)
		})
	}
}
