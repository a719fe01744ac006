package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fluxcd/pkg/runtime/conditions"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/rig"
)

// crowd is how many sets share one or more operators.
type crowd struct {
	// sets of each previews; providers is how many of these there are in all, of which
	// each set has one.
	sets, each, providers int
	// shards is how many operators share them; one works on all when 0.
	shards int
}

// String says it as a row does.
func (c crowd) String() string {
	text := fmt.Sprintf("%d sets of %d, %d providers", c.sets, c.each, max(c.sets, c.providers))
	if c.shards > 0 {
		text += fmt.Sprintf(", %d shards", c.shards)
	}
	return text
}

// silence is how long a crowd is watched that has nothing to do.
const silence = 30 * time.Second

// herd is a crowd at work.
type herd struct {
	*rig.Rig
	crowd
	command   []string
	flocks    []*rig.Flock
	operators []*rig.Operator
	rows      [][]string
}

// measureCrowd measures what many sets cost, and returns a row of the table for each
// piece of work.
func measureCrowd(ctx context.Context, on *rig.Rig, eddy contestant, of crowd) ([][]string, error) {
	h := &herd{Rig: on, crowd: of, command: eddy.command}
	defer h.kill()
	for _, step := range []func(context.Context) error{h.create, h.first, h.restart, h.rest, h.change, h.crush} {
		if err := step(ctx); err != nil {
			return h.rows, err
		}
	}
	return h.rows, nil
}

func (h *herd) row(work string, of rig.Counts, took time.Duration, remark string) {
	fmt.Fprintf(os.Stderr, "  %-40s %6d requests %8s %s\n", work, of.Total(), took.Round(time.Millisecond), remark)
	h.rows = append(h.rows, []string{h.String(), work, fmt.Sprint(of.Total()), verbs(of), took.Round(10 * time.Millisecond).String(), remark})
}

// commits are those of the previews of a set.
func (h *herd) commits(sha string) map[string]string {
	out := make(map[string]string, h.each)
	for id := range h.each {
		out[fmt.Sprint(id)] = sha
	}
	return out
}

// create makes all sets and providers, and lets these export, while no operator runs.
func (h *herd) create(ctx context.Context) error {
	h.flocks = make([]*rig.Flock, h.sets)
	making, inner := errgroup.WithContext(ctx)
	making.SetLimit(atOnce)
	for n := range h.sets {
		making.Go(func() (err error) {
			if h.flocks[n], err = h.newMember(inner, n); err != nil {
				return err
			}
			return h.flocks[n].Export(inner, h.commits("c0ffee"))
		})
	}
	if err := making.Wait(); err != nil {
		return err
	}
	for n := range max(0, h.providers-h.sets) {
		provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Namespace: h.flocks[n%h.sets].Namespace, Name: fmt.Sprint("other-", n)}}
		provider.Spec.Type = v1.InputProviderStatic
		if err := h.Client.Create(ctx, provider); err != nil {
			return err
		}
	}
	return nil
}

// newMember makes one set, labelled with its shard.
func (h *herd) newMember(ctx context.Context, n int) (*rig.Flock, error) {
	if h.shards == 0 {
		return h.NewFlock(ctx, resources)
	}
	return h.NewShardedFlock(ctx, resources, key(n%h.shards))
}

func key(n int) string { return fmt.Sprintf("shard%d", n+1) }

// start starts all operators.
func (h *herd) start(ctx context.Context) error {
	for n := range max(1, h.shards) {
		command := slices.Clone(h.command)
		if h.shards > 0 {
			command = append(command, "--watch-label-selector="+v1.ShardLabel+"="+key(n), "--leader-election-id=eddy-"+key(n))
		}
		operator, err := h.Start(ctx, command)
		if err != nil {
			return err
		}
		h.operators = append(h.operators, operator)
	}
	return nil
}

func (h *herd) kill() {
	for _, operator := range h.operators {
		operator.Kill()
	}
	h.operators = nil
}

// quieten waits until no request comes any more and the operators rest, as those that read
// what they begin with ask for nothing either. It returns the requests since the last reset.
func (h *herd) quieten(ctx context.Context, longest time.Duration) (rig.Counts, time.Time, error) {
	busy, used := time.Now(), h.used()
	for start := time.Now(); ; time.Sleep(quiet / 10) {
		counts, last := h.Proxy.Seen()
		now := h.used()
		if now-used > quiet/100 { // a tenth of a processor
			busy = time.Now()
		}
		used = now
		switch {
		case time.Since(last) > 2*quiet && time.Since(busy) > quiet:
			return counts, last, nil
		case ctx.Err() != nil:
			return counts, last, ctx.Err()
		case time.Since(start) > longest:
			return counts, last, fmt.Errorf("the operators do not come to rest: %v", counts)
		}
	}
}

// first lets the operators apply all of it.
func (h *herd) first(ctx context.Context) error {
	start := time.Now()
	h.Proxy.Reset()
	if err := h.start(ctx); err != nil {
		return err
	}
	counts, last, err := h.quieten(ctx, time.Hour)
	for err == nil && !h.allReady(ctx) { // on a busy machine operators are silent at times, before they begin, too
		counts, last, err = h.quieten(ctx, time.Hour)
	}
	h.row("first apply", counts, last.Sub(start), h.memory())
	return err
}

// allReady reports whether all sets are.
func (h *herd) allReady(ctx context.Context) bool {
	return !slices.ContainsFunc(h.flocks, func(flock *rig.Flock) bool {
		set, err := flock.Set(ctx)
		return err != nil || !conditions.IsReady(set)
	})
}

// used is how long the operators have used a processor; what has ended counts no more.
func (h *herd) used() (sum time.Duration) {
	for _, operator := range h.operators {
		if one, err := operator.CPU(); err == nil {
			sum += one
		}
	}
	return sum
}

// memory says how much each operator holds, and how long each has used a processor.
func (h *herd) memory() string {
	var out []string
	for _, operator := range h.operators {
		bytes, err := operator.Memory()
		used, err2 := operator.CPU()
		if err := errors.Join(err, err2); err != nil {
			return err.Error()
		}
		out = append(out, fmt.Sprintf("%d MiB, %s of a processor", bytes>>20, used.Round(100*time.Millisecond)))
	}
	return strings.Join(out, "; ")
}

// restart kills the operators and starts them anew.
func (h *herd) restart(ctx context.Context) error {
	h.kill()
	h.Proxy.Reset()
	start := time.Now()
	if err := h.start(ctx); err != nil {
		return err
	}
	counts, last, err := h.quieten(ctx, time.Hour)
	h.row("operators restarted", counts, last.Sub(start), h.memory())
	return err
}

// rest counts what comes while nothing changes.
func (h *herd) rest(ctx context.Context) error {
	h.Proxy.Reset()
	err := pauseFor(ctx, silence)
	counts, _ := h.Proxy.Seen()
	h.row(fmt.Sprintf("nothing changes, for %s", silence), counts, 0, "")
	if counts.Total() > 0 {
		err = errors.Join(err, fmt.Errorf("%s: %d requests (%s) while nothing changes, promised are none", h, counts.Total(), verbs(counts)))
	}
	return err
}

// change pushes one commit to one set, several times, and tells the middle one.
func (h *herd) change(ctx context.Context) error {
	var seen, took []time.Duration
	var counts rig.Counts
	for n := range turns {
		flock := h.flocks[n%len(h.flocks)]
		commits := h.commits("c0ffee")
		commits["7"] = fmt.Sprint("beef", n)
		h.Proxy.Reset()
		first := h.observe(flock.Namespace)
		start := time.Now()
		if err := flock.Export(ctx, commits); err != nil {
			return err
		}
		written := time.Now()
		var last time.Time
		var err error
		if counts, last, err = h.quieten(ctx, patience); err != nil {
			return err
		}
		seen, took = append(seen, max(0, first().Sub(written))), append(took, last.Sub(start))
	}
	h.row("one input of one set changed", counts, middle(took), fmt.Sprintf("its object is written %s after the inputs are", middle(seen).Round(time.Millisecond)))
	return nil
}

// crush lets a set of 5,000 be applied, and meanwhile changes one of the others.
func (h *herd) crush(ctx context.Context) error {
	large, err := h.newMember(ctx, 0)
	if err != nil {
		return err
	}
	many := map[string]string{}
	for id := range 5000 {
		many[fmt.Sprint(id)] = "c0ffee"
	}
	h.Proxy.Reset()
	start := time.Now()
	if err := large.Export(ctx, many); err != nil {
		return err
	}
	var seen []time.Duration
	for n := range turns {
		if err := pauseFor(ctx, time.Second); err != nil {
			return err
		}
		flock := h.flocks[0]
		commits := h.commits("c0ffee")
		commits["7"] = fmt.Sprint("cafe", n)
		first := h.observe(flock.Namespace)
		if err := flock.Export(ctx, commits); err != nil {
			return err
		}
		written := time.Now()
		for since := written; first().IsZero() && time.Since(since) < patience; time.Sleep(time.Millisecond) {
		}
		seen = append(seen, max(0, first().Sub(written)))
	}
	counts, last, err := h.quieten(ctx, time.Hour)
	h.row("one input changed while 5,000 are applied", counts, last.Sub(start), fmt.Sprintf("its object is written %s after the inputs are", middle(seen).Round(time.Millisecond)))
	return err
}

// observe returns when the first object is written in a namespace from now on.
func (h *herd) observe(namespace string) (first func() time.Time) {
	var mu sync.Mutex
	var at time.Time
	h.Proxy.Break(func(_ http.ResponseWriter, req *http.Request) bool {
		if req.Method == http.MethodPatch && strings.Contains(req.URL.Path, "/namespaces/"+namespace+"/kustomizations/") {
			mu.Lock()
			defer mu.Unlock()
			if at.IsZero() {
				at = time.Now()
			}
		}
		return false
	})
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return at
	}
}

func middle(all []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

// parseCrowd reads SETSxPREVIEWS or SETSxPREVIEWSxPROVIDERS; "" is none.
func parseCrowd(text string, shards int) (crowd, error) {
	var out crowd
	if text == "" {
		return out, nil
	}
	got, _ := fmt.Sscanf(text, "%dx%dx%d", &out.sets, &out.each, &out.providers) // how many it read says it
	if got < 2 || out.sets < 1 || out.each < 8 {
		return out, fmt.Errorf("--crowd is %q: write 200x50, or with more providers than sets 200x50x500; a set has 8 previews at least", text)
	}
	out.shards = shards
	return out, nil
}
