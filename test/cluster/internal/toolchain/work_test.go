package toolchain

import (
	"bytes"
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/test/cluster/internal/progress"
)

func TestProgressSaysWhatIsLeftAndInTheEndWhatEachPartTook(t *testing.T) {
	var out bytes.Buffer
	took := func(cpu time.Duration) func(context.Context) (time.Duration, error) {
		return func(context.Context) (time.Duration, error) { return cpu, nil }
	}
	first := job{name: "compiling first", cost: 100, run: took(90 * time.Second)}
	second := job{name: "compiling second", cost: 300, run: took(250 * time.Second)}
	w := newWork(progress.New(&out), []job{first, second}, nil)
	for _, each := range []job{first, second} {
		if err := w.do(t.Context(), each); err != nil {
			t.Fatal(err)
		}
	}
	w.table()
	for _, want := range []string{
		"compiling first: done in 0s (90 s of CPU); 25%, about ", "compiling second: done in 0s (250 s of CPU)\n", "340 s",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, out.String())
		}
	}
}

func TestAnEstimateGoesAsFastAsThisMachineDoesTheSameWork(t *testing.T) {
	now := time.Now()
	w := &work{
		left: 100, running: map[string]time.Time{"b": now}, costs: map[string]int{"b": 100},
		done: []doneJob{{cost: 100, cpu: 200 * time.Second}, {name: "fetching", cpu: time.Minute}},
	}
	seconds := 2 * 200 / runtime.NumCPU() // half as fast as where the costs were measured
	want := "; 33%, about " + about(float64(seconds)) + " left"
	if got := w.remains(now); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnEstimateDoesNotGrowWhileJobsRunThatHaveNotEnded(t *testing.T) {
	now := time.Now()
	w := &work{
		left: 0, running: map[string]time.Time{"a": now, "b": now}, costs: map[string]int{"a": 1000, "b": 1000},
		done: []doneJob{{cost: 200, cpu: 200 * time.Second}},
	}
	began, later := w.remains(now), w.remains(now.Add(500*time.Second/time.Duration(runtime.NumCPU())))
	if want := "; 32%, about "; !strings.HasPrefix(later, want) {
		t.Errorf("it said %q, and then %q", began, later)
	}
}
