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
