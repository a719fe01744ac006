package templater

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/probe"
)

// Answers finds out whether URLs answer, beside the runs, which never wait for it. Of
// each preview it asks until it is answered twice in a row, as an ingress that is
// reloaded answers now and then. The nil Answers asks nobody.
type Answers struct {
	// Prober asks.
	Prober probe.Prober
	// Soon and Late bound the time between two questions to one URL.
	Soon, Late time.Duration

	// wake names a set when there is news of one of its previews.
	wake func(types.NamespacedName)
	mu   sync.Mutex
	// asked are the questions of each set, by the keys of its previews.
	asked map[types.NamespacedName]map[string]*question
	// places are for those that are being asked.
	places chan struct{}
}

// atOnce is how many URLs are asked at once.
const atOnce = 20

// question is what a preview is asked for, and what came of it.
type question struct {
	// revision of the preview, and its URL.
	revision, url string
	asking        asking
	stop          context.CancelFunc
	// answered, or else why not; nil as long as nothing is known.
	answered bool
	why      error
}

// asking is what to ask for, as the spec says.
type asking struct {
	path, codes string
	timeout     time.Duration
}

// NewAnswers returns one that asks by a prober.
func NewAnswers(prober probe.Prober) *Answers {
	return &Answers{
		Prober: prober, Soon: 2 * time.Second, Late: 30 * time.Second,
		asked: map[types.NamespacedName]map[string]*question{}, places: make(chan struct{}, atOnce),
	}
}

// Ask returns what is known of a preview: whether it answers, or why not. It begins to
// ask where that is not done.
func (a *Answers) Ask(ctx context.Context, set types.NamespacedName, key string, wanted question) (answered bool, why string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known := a.asked[set][key]; known != nil {
		if known.revision == wanted.revision && known.url == wanted.url && known.asking == wanted.asking {
			return known.answered, known.words()
		}
		known.stop()
	}
	if a.asked[set] == nil {
		a.asked[set] = map[string]*question{}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // it outlives the run
	now := &wanted
	now.stop = stop
	a.asked[set][key] = now
	if now.answered {
		stop() // it was told before a restart
		return true, ""
	}
	go a.insist(ctx, set, now)
	return false, unsaid
}

// words say why there is no answer.
func (q *question) words() string {
	if q.why == nil {
		return unsaid
	}
	return silent + q.why.Error()
}

// stop asks nobody any more.
func (a *Answers) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, all := range a.asked {
		for _, one := range all {
			one.stop()
		}
	}
}

// Keep forgets what a set asks of others than the previews that are wanted.
func (a *Answers) Keep(set types.NamespacedName, wanted func(key string) bool) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for key, one := range a.asked[set] {
		if !wanted(key) {
			one.stop()
			delete(a.asked[set], key)
		}
	}
	if len(a.asked[set]) == 0 {
		delete(a.asked, set)
	}
}

// insist asks until there is an answer, twice in a row.
func (a *Answers) insist(ctx context.Context, set types.NamespacedName, q *question) {
	request, err := q.asking.request()
	if err != nil {
		a.note(set, q, err)
		return
	}
	pause, times := a.Soon, 0
	for ctx.Err() == nil {
		err := a.once(ctx, q.url, request)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			times++
		} else {
			times = 0
		}
		if times == 2 {
			a.settle(set, q)
			return
		}
		if err != nil {
			a.note(set, q, err)
			pause = min(pause*3/2, a.Late)
		}
		next := pause
		if times > 0 {
			next = a.Soon
		}
		select {
		case <-ctx.Done():
		case <-time.After(next):
		}
	}
}

// once asks when there is a place.
func (a *Answers) once(ctx context.Context, url string, request probe.Request) error {
	select {
	case a.places <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-a.places }()
	return a.Prober.Ask(ctx, url, request)
}

// note notes why there is no answer, and wakes the set when that is news.
func (a *Answers) note(set types.NamespacedName, q *question, why error) {
	a.mu.Lock()
	news := q.why == nil || q.why.Error() != why.Error()
	q.why = why
	a.mu.Unlock()
	if news {
		a.wake(set)
	}
}

func (a *Answers) settle(set types.NamespacedName, q *question) {
	a.mu.Lock()
	q.answered, q.why = true, nil
	a.mu.Unlock()
	a.wake(set)
}

func (a asking) request() (probe.Request, error) {
	codes, err := probe.ParseCodes(a.codes)
	if err != nil {
		return probe.Request{}, fmt.Errorf("spec.readiness.probe.statusCodes: %w", err)
	}
	return probe.Request{Path: a.path, Codes: codes, Timeout: a.timeout}, nil
}

// answers adds to what is late the previews that run, and whose URL does not answer,
// where the set asks for that.
func (r *run) answers(ctx context.Context, p desired, result *applied, links map[string]string) {
	set := client.ObjectKeyFromObject(r.set)
	wanted := r.set.GetProbe()
	if wanted == nil || r.Answers == nil || r.single() {
		r.Answers.Keep(set, func(string) bool { return false })
		return
	}
	asks := asking{wanted.Path, wanted.StatusCodes, wanted.Timeout.Duration}
	stopped, told := result.stopped(), r.toldReady()
	for _, one := range p.previews {
		here, link := spot{one.key, atAnswer}, links[one.key]
		if !result.runs(one, stopped) {
			delete(r.memory.waits, here)
			continue
		}
		message, answered := noURL, false
		if link != "" {
			known := question{revision: one.revision, url: link, asking: asks, answered: told[one.key] == lineOf{one.revision, link}}
			answered, message = r.Answers.Ask(ctx, set, one.key, known)
		}
		if answered {
			delete(r.memory.waits, here)
			continue
		}
		if result.late == nil {
			result.late = map[string]preview.Rollout{}
		}
		result.late[one.key] = r.silent(here, one, message)
	}
	r.Answers.Keep(set, p.wants)
}

// runs reports whether a preview is applied, and runs as far as that was looked at.
func (a *applied) runs(one asked, stopped problems) bool {
	late, isLate := a.late[one.key]
	return one.revision != "" && !stopped.has(one.key) && !a.unready.has(one.key) && (!isLate || late.Ready == metav1.ConditionTrue)
}

const (
	// atAnswer is where a preview waits that runs.
	atAnswer = "\x00answer" // no step is called so

	noURL  = "it runs, and has no URL that could be asked: there is no Ingress or HTTPRoute with a host, and no annotation that names one"
	unsaid = "it runs, and its URL is being asked"
	silent = "it runs, and its URL does not answer: "
)

// silent is what is said of a preview that does not answer. One whose time is up has
// failed, until it answers after all.
func (r *run) silent(here spot, one asked, message string) preview.Rollout {
	out := preview.Rollout{Ready: metav1.ConditionUnknown, Reason: v1.ReasonDeploying, Message: message}
	waited := r.started.Sub(r.memory.waiting(here, one.revision, r.started))
	if within := r.set.GetWithin(); waited >= within {
		out.Ready, out.Reason = metav1.ConditionFalse, v1.ReasonNotAnswering
		out.Message += fmt.Sprintf("; it had %s to get ready", within)
	}
	return out
}

// lineOf is what a preview was ready with.
type lineOf struct{ revision, url string }

// toldReady returns the previews that the status calls ready: what has answered once
// is not asked again after a restart.
func (r *run) toldReady() map[string]lineOf {
	out := map[string]lineOf{}
	if !r.probedBefore() {
		return out
	}
	for _, line := range r.set.Status.Previews {
		if line.Ready == metav1.ConditionTrue && line.Reason == meta.ReconciliationSucceededReason {
			out[preview.KeyOf(line).String()] = lineOf{line.Revision, line.URL}
		}
	}
	return out
}

// probedBefore reports whether the status is of a run that asked: of this generation.
func (r *run) probedBefore() bool {
	for _, condition := range r.saved.Status.Conditions {
		if condition.Type == meta.ReadyCondition {
			return condition.ObservedGeneration == r.set.Generation && condition.Reason != meta.ProgressingReason
		}
	}
	return false
}
