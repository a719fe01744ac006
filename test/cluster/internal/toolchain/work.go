package toolchain

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/eddy-previews/eddy/test/cluster/internal/progress"
)

// work tells what is being done, how much is left, and in the end what each
// part took.
type work struct {
	progress *progress.Printer
	began    time.Time

	mu      sync.Mutex
	left    int                  // the cost of what has not begun
	running map[string]time.Time // since when
	costs   map[string]int
	done    []doneJob
}

// doneJob is what a job took.
type doneJob struct {
	name      string
	cost      int
	wall, cpu time.Duration
}

func newWork(p *progress.Printer, jobs []job, steps []Step) *work {
	w := &work{progress: p, began: time.Now(), running: map[string]time.Time{}, costs: map[string]int{}}
	for _, each := range jobs {
		w.left += each.cost
	}
	for _, each := range steps {
		w.left += each.Cost
	}
	return w
}

// do does one job and tells of it.
func (w *work) do(ctx context.Context, j job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	began := time.Now()
	w.mu.Lock()
	w.left -= j.cost
	w.running[j.name], w.costs[j.name] = began, j.cost
	w.mu.Unlock()
	w.progress.Line("%s", j.name)
	cpu, err := j.run(ctx)
	if err != nil {
		return err
	}
	took := doneJob{name: j.name, cost: j.cost, wall: time.Since(began), cpu: cpu}
	w.mu.Lock()
	delete(w.running, j.name)
	w.done = append(w.done, took)
	remains := w.remains(time.Now())
	w.mu.Unlock()
	w.progress.Line("%s: done in %s (%.0f s of CPU)%s", j.name, took.wall.Round(time.Second), cpu.Seconds(), remains)
	return nil
}

// remains is the estimate of how much is left, as the end of a sentence; empty
// where nothing is.
func (w *work) remains(now time.Time) string {
	var finished, going float64
	for _, each := range w.done {
		finished += float64(each.cost)
	}
	total := finished + float64(w.left)
	rate := w.pace()
	for name, since := range w.running {
		cost := float64(w.costs[name])
		total += cost
		share := now.Sub(since).Seconds() * rate / float64(len(w.running))
		going += min(share, 0.9*cost)
	}
	if total == 0 || finished == total {
		return ""
	}
	seconds := (total - finished - going) / rate
	return fmt.Sprintf("; %.0f%%, about %s left", 100*(finished+going)/total, about(seconds))
}

// pace is how much of the cost is done in a second. The costs are seconds of
// CPU of the machine that they were measured on: what the finished jobs used
// says how much faster or slower this one is. The time so far says nothing of
// it, as long as half of what was done in it has not finished yet.
func (w *work) pace() float64 {
	var cost, used float64
	for _, each := range w.done {
		if each.cost > 0 { // what has none waits for others more than it computes
			cost += float64(each.cost)
			used += each.cpu.Seconds()
		}
	}
	if used == 0 {
		return float64(runtime.NumCPU())
	}
	return float64(runtime.NumCPU()) * cost / used
}

// about is a number of seconds as people say it.
func about(seconds float64) string {
	if seconds < 60 {
		return "a minute"
	}
	return fmt.Sprintf("%.0f minutes", seconds/60+0.5)
}

// watch tells every half minute what is going on, until stop is called.
func (w *work) watch() (stop func()) {
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(progress.Reminder)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case now := <-ticker.C:
				w.remind(now)
			}
		}
	}()
	return sync.OnceFunc(func() { close(done) })
}

func (w *work) remind(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, since := range w.running {
		w.progress.Line("%s … (%s so far%s)", name, now.Sub(since).Round(time.Second), w.remains(now))
	}
}

// table tells what each part took.
func (w *work) table() {
	out := &strings.Builder{}
	columns := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	var wall, cpu time.Duration
	_, _ = fmt.Fprintln(columns, "what\ttime\tCPU\t") // a Builder never fails, here and below
	for _, each := range w.done {
		cpu += each.cpu
		_, _ = fmt.Fprintf(columns, "%s\t%.0f s\t%.0f s\t\n", each.name, each.wall.Seconds(), each.cpu.Seconds())
	}
	wall = time.Since(w.began)
	_, _ = fmt.Fprintf(columns, "all\t%.0f s\t%.0f s\t\n", wall.Seconds(), cpu.Seconds())
	_ = columns.Flush()
	w.progress.Line("all is built\n%s", strings.TrimRight(out.String(), "\n"))
}
