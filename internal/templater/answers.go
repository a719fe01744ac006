package templater

import (
	"context"
	"hash/fnv"
	"net/http"
	"reflect"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"

	"github.com/eddy-previews/eddy/internal/probe"
)

// Answers finds out whether URLs answer, beside the runs, which never wait for it. Of
// each preview it asks until it is answered twice in a row, as an ingress that is
// reloaded answers now and then; and from then on now and then, until twice in a row
// there is no answer. The nil Answers asks nobody.
type Answers struct {
	// Prober asks.
	Prober probe.Prober
	// Count is told the result of each question; nobody is when nil.
	Count func(result string)
	// Soon and Late bound the time between two questions to one URL that has yet to
	// answer. Doubt is that to the second question where one has answered before.
	Soon, Late, Doubt time.Duration

	// wake names a set when there is news of one of its previews.
	wake func(types.NamespacedName)
	mu   sync.Mutex
	// asked are the previews of each set that are asked.
	asked map[types.NamespacedName]*inquiry
	// places are for those that are being asked.
	places chan struct{}
	// pace bounds how often URLs are asked that have answered before.
	pace *rate.Limiter
}

const (
	// atOnce is how many URLs are asked at once, and ofOneSet how many of those may be
	// of one set: one with URLs that hang keeps only itself waiting.
	atOnce   = 50
	ofOneSet = 10
	// eachSecond is how many URLs that have answered are asked in a second. Of more
	// than that times their interval, each is asked less often.
	eachSecond = 10
)

// inquiry is what a set asks for, and whom.
type inquiry struct {
	asking asking
	means  means
	places chan struct{}
	// of are the questions by the keys of the previews.
	of map[string]*question
}

// asking is what to ask for, as the spec says: of another, an answer is none.
type asking struct {
	path, codes, connectTo string
	insecure, publicOnly   bool
}

// means are how to ask.
type means struct {
	way      probe.Way
	headers  http.Header
	codes    probe.Codes
	timeout  time.Duration
	interval time.Duration
	// prober goes the way.
	prober probe.Prober
}

// question is what a preview is asked for, and what came of it.
type question struct {
	// revision of the preview, and its URL.
	revision, url string
	// answered, or else why not; nil as long as nothing is known.
	answered bool
	why      error
	// lost says that it has answered before, and told what was said of it before a
	// restart.
	lost bool
	told string
	// asleep is a preview that is scaled to nothing: who asks it would wake it.
	asleep bool

	stop context.CancelFunc
	// confirm asks once more, which the timer does.
	confirm func()
	timer   *time.Timer
}

// NewAnswers returns one that asks by a prober.
func NewAnswers(prober probe.Prober) *Answers {
	return &Answers{
		Prober: prober, Soon: 2 * time.Second, Late: 30 * time.Second, Doubt: 5 * time.Second,
		asked: map[types.NamespacedName]*inquiry{}, places: make(chan struct{}, atOnce),
		pace: rate.NewLimiter(eachSecond, eachSecond),
	}
}

// Prepare says what a set asks for, and how. Where that is something else than before,
// all begins anew.
func (a *Answers) Prepare(set types.NamespacedName, asking asking, how means) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.asked[set]
	if all == nil || all.asking != asking {
		a.forget(set)
		all = &inquiry{asking: asking, places: make(chan struct{}, ofOneSet), of: map[string]*question{}}
		a.asked[set] = all
	}
	if all.means.prober.Transport != nil && all.means.way == how.way && reflect.DeepEqual(all.means.headers, how.headers) {
		how.prober = all.means.prober
	} else {
		var err error
		if how.prober, err = a.Prober.By(how.way); err != nil {
			return err
		}
	}
	never := all.means.interval == 0
	all.means = how
	for key, one := range all.of {
		if never && one.answered {
			all.later(one, scattered(key, how.interval))
		}
	}
	return nil
}

// later confirms an answer after a time; never where the interval is none.
func (i *inquiry) later(q *question, after time.Duration) {
	if i.means.interval > 0 {
		q.timer = time.AfterFunc(after, q.confirm)
	}
}

// Ask returns what is known of a preview: whether it answers, or why not. It begins to
// ask where that is not done.
func (a *Answers) Ask(ctx context.Context, set types.NamespacedName, key string, wanted question) question {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.asked[set]
	if known := all.of[key]; known != nil {
		if known.revision == wanted.revision && known.url == wanted.url {
			known.asleep = wanted.asleep
			return *known
		}
		known.end()
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // it outlives the run
	now := &wanted
	now.stop, now.confirm = stop, func() { a.confirm(ctx, set, now) }
	all.of[key] = now
	if now.answered { // it was told before a restart
		all.later(now, scattered(key, all.means.interval))
		return *now
	}
	said := *now
	go a.insist(ctx, set, now)
	return said
}

// end asks no more.
func (q *question) end() {
	q.stop()
	if q.timer != nil {
		q.timer.Stop()
	}
}

// stop asks nobody any more.
func (a *Answers) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for set := range a.asked {
		a.forget(set)
	}
}

// forget forgets a set. The lock is held.
func (a *Answers) forget(set types.NamespacedName) {
	if all := a.asked[set]; all != nil {
		for _, one := range all.of {
			one.end()
		}
	}
	delete(a.asked, set)
}

// Keep forgets what a set asks of others than the previews that are wanted.
func (a *Answers) Keep(set types.NamespacedName, wanted func(key string) bool) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.asked[set]
	if all == nil {
		return
	}
	for key, one := range all.of {
		if !wanted(key) {
			one.end()
			delete(all.of, key)
		}
	}
	if len(all.of) == 0 {
		a.forget(set)
	}
}

// scattered is a part of an interval, another for each key: after a restart not all
// are asked at once.
func scattered(key string, interval time.Duration) time.Duration {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(key)) // it never fails
	return time.Duration(float64(interval) * float64(sum.Sum32()) / (1 << 32))
}
