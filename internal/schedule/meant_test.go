package schedule_test

import (
	"testing"

	"github.com/eddy-previews/eddy/internal/schedule"
)

func TestADurationInWordsIsTheOneThatWasMeant(t *testing.T) {
	for text, want := range map[string]string{
		"5 minutes": "5m", "5min": "5m", "1 hour": "1h", "1 hour, 30 minutes": "1h30m", "1 day": "24h", "2w": "336h", "30 sec": "30s",
		"5": "5m", "5M": "5m", "100 ms": "100ms", "5m": "", "soon": "", "": "", "3 months": "", "1x": "",
	} {
		if got := schedule.Meant(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
