package templater

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/eddy-previews/eddy/internal/probe"
)

// site answers as it is told, and counts.
type site struct {
	*httptest.Server
	// down is how many of the next questions it does not answer; all when below zero.
	down, asked atomic.Int64
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.asked.Add(1)
		if s.down.Load() != 0 {
			s.down.Add(-1)
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

var someSet = types.NamespacedName{Namespace: "app-dev", Name: "api"}

// impatient asks in milliseconds, and tells how often it woke the set.
func impatient(t *testing.T, interval time.Duration) (answers *Answers, woken *atomic.Int64) {
	t.Helper()
	answers, woken = NewAnswers(probe.Prober{}), &atomic.Int64{}
	answers.Soon, answers.Late, answers.Doubt = time.Millisecond, 5*time.Millisecond, time.Millisecond
	answers.pace.SetLimit(1000)
	answers.wake = func(types.NamespacedName) { woken.Add(1) }
	how := means{interval: interval, timeout: time.Second, prober: probe.Prober{Transport: http.DefaultTransport, AnyPort: true}}
	codes, err := probe.ParseCodes("200")
	if err != nil {
		t.Fatal(err)
	}
	how.codes = codes
	answers.asked[someSet] = &inquiry{means: how, places: make(chan struct{}, 1), of: map[string]*question{}}
	t.Cleanup(answers.stop)
	return answers, woken
}

// until waits for something to come true.
func until(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for range 2000 {
		if isSo() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal(what + ": that never comes true")
}

func TestAnAnswerIsConfirmedNowAndThen(t *testing.T) {
	web := newSite(t)
	answers, woken := impatient(t, 5*time.Millisecond)
	ask := func() question {
		return answers.Ask(context.Background(), someSet, "prs/1", question{revision: "1", url: web.URL})
	}
	answered := func() bool { return ask().answered }
	until(t, "it answers", answered)
	settled := woken.Load()

	asked := web.asked.Load()
	until(t, "it is asked again", func() bool { return web.asked.Load() > asked+5 })
	for range 5 { // an ingress that is reloaded
		web.down.Store(1)
		until(t, "it fails once", func() bool { return web.down.Load() == 0 })
		asked := web.asked.Load()
		until(t, "and is asked again", func() bool { return web.asked.Load() > asked+1 })
	}
	if !answered() || woken.Load() != settled {
		t.Errorf("one failure between answers counts: %+v, and the set was woken %d times", ask(), woken.Load()-settled)
	}

	web.down.Store(-1)
	until(t, "two failures in a row count", func() bool { return !answered() })
	if is := ask(); !is.lost || is.why.Error() != "it answers 502" {
		t.Errorf("said is %v, lost %t", is.why, is.lost)
	}
	web.down.Store(0)
	until(t, "it answers after all", answered)
	if is := ask(); is.lost || is.why != nil {
		t.Errorf("it is %+v", is)
	}
}

func TestWhoIsNotToBeAskedAgainIsNot(t *testing.T) {
	for claim, c := range map[string]struct {
		interval time.Duration
		asleep   bool
	}{
		"the spec says so":         {0, false},
		"a preview that is asleep": {time.Millisecond, true},
	} {
		t.Run(claim, func(t *testing.T) {
			web := newSite(t)
			answers, _ := impatient(t, c.interval)
			ask := func() question {
				return answers.Ask(context.Background(), someSet, "prs/1", question{revision: "1", url: web.URL, asleep: c.asleep, answered: true})
			}
			ask()
			time.Sleep(50 * time.Millisecond)
			if web.asked.Load() != 0 {
				t.Errorf("it is asked %d times", web.asked.Load())
			}
			// Something else is applied: that has to answer, whatever it is.
			answers.Ask(context.Background(), someSet, "prs/1", question{revision: "2", url: web.URL})
			until(t, "it is asked", func() bool { return web.asked.Load() >= 2 })
		})
	}
}

// A thousand previews that are ready are asked beside each other, and no more often
// than is allowed.
func TestAThousandPreviewsAreAskedAtABoundedRate(t *testing.T) {
	web := newSite(t)
	answers, woken := impatient(t, 10*time.Millisecond)
	answers.pace.SetLimit(100)
	answers.pace.SetBurst(1)
	for n := range 1000 {
		answers.Ask(context.Background(), someSet, fmt.Sprint(n), question{revision: "1", url: web.URL, answered: true})
	}
	time.Sleep(500 * time.Millisecond)
	if asked := web.asked.Load(); asked < 5 || asked > 110 || woken.Load() != 0 {
		t.Errorf("they are asked %d times in half a second, and the set was woken %d times", asked, woken.Load())
	}
}
