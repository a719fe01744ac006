package templater

import (
	"sync"
	"time"
	"weak"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/plan"
)

// memory is what is remembered of one set from one run to the next. It is a
// cache: a restart loses it, and pays with a listing. One run at a time uses it.
type memory struct {
	// wrote is the version of the set after the last run, and stale counts how
	// often an older one was read since.
	wrote string
	stale int

	// made is what inputs were rendered to, and traits is what was looked up of the objects,
	// which it keeps none of.
	made    *plan.Memory
	traits  map[weak.Pointer[unstructured.Unstructured]]traits
	applied *apply.Memory
	// looked is when the API server was last asked for all that the set owns.
	looked time.Time
	// waits are the previews that are not ready yet, by what they wait at.
	waits map[spot]wait
	// retries are the previews that could not be applied, by key.
	retries map[string]retry
	// links are the deployers in which a link was looked for.
	links map[object.Ref]lookedAt
	// rollouts are what was found of what previews have deployed, and members what
	// that is, by key.
	rollouts map[string]rolledOut
	members  map[string][]object.Ref
	// pushed are the commits whose previews have yet to get ready, by key.
	pushed map[string]push
}

// spot is a preview at a step.
type spot struct{ preview, step string }

// wait is since when a preview waits, with what was asked for.
type wait struct {
	revision string
	since    time.Time
}

func newMemory() *memory {
	return &memory{
		made: &plan.Memory{}, applied: apply.NewMemory(), waits: map[spot]wait{}, retries: map[string]retry{}, links: map[object.Ref]lookedAt{},
		rollouts: map[string]rolledOut{}, members: map[string][]object.Ref{},
		pushed: map[string]push{},
	}
}

// traits are what holds of an object as long as it is the same.
type traits struct {
	facts  apply.Facts
	digest apply.Digest
	// url is where it says that what it belongs to answers, "" when it does not.
	url string
}

func traitsOf(o *unstructured.Unstructured) traits {
	return traits{facts: apply.FactsOf(o), digest: apply.DigestOf(o), url: flux.URL(o)}
}

// toApply turns what is planned into objects to apply, and returns where they say that
// they answer. What was made before, and is the very same, is not looked at again.
func (m *memory) toApply(planned []plan.Step) (steps []step, urls map[object.Ref]string) {
	next := make(map[weak.Pointer[unstructured.Unstructured]]traits, len(m.traits))
	urls = map[object.Ref]string{}
	for _, s := range planned {
		objects := make([]apply.Object, 0, len(s.Objects))
		for _, o := range s.Objects {
			of := weak.Make(o.Unstructured)
			is, before := m.traits[of]
			if !before {
				is = traitsOf(o.Unstructured)
			}
			next[of] = is
			if is.url != "" {
				urls[is.facts.Ref] = is.url
			}
			objects = append(objects, apply.Object{
				Unstructured: o.Unstructured, Group: o.Input, Sharers: o.Sharers, Refused: o.Refused, Digest: is.digest, Facts: is.facts,
			})
		}
		steps = append(steps, step{name: s.Name, objects: objects})
	}
	m.traits = next
	return steps, urls
}

// waiting returns since when a preview waits at a step. It starts anew when
// something else is asked for.
func (m *memory) waiting(at spot, revision string, now time.Time) time.Time {
	known, ok := m.waits[at]
	if !ok || known.revision != revision {
		known = wait{revision: revision, since: now}
		m.waits[at] = known
	}
	return known.since
}

const (
	// healthSoon and healthLate bound the time between two looks at the health of
	// what was applied; a change that the watch brings comes first.
	healthSoon = time.Second
	healthLate = 10 * time.Second
)

// patience is the time to the next look at what is not ready: short at first,
// longer the longer it takes.
func (m *memory) patience(now time.Time) time.Duration {
	longest := time.Duration(0)
	for _, w := range m.waits {
		longest = max(longest, now.Sub(w.since))
	}
	return min(max(longest/4, healthSoon), healthLate)
}

const (
	// staleDelay is long enough for the watch to bring what the last run wrote.
	staleDelay = 50 * time.Millisecond
	// mostStale bounds the patience with it: the versions of an etcd that was
	// restored from a backup begin at an older one.
	mostStale = 100
)

// isAheadOf reports whether a version of the set is older than what the last
// run wrote: a run on it would do everything again, only to find out when it
// writes its status.
func (m *memory) isAheadOf(version string) bool {
	order, err := resourceversion.CompareResourceVersion(m.wrote, version)
	if m.wrote == "" || err != nil || order <= 0 || m.stale >= mostStale {
		m.stale = 0
		return false
	}
	m.stale++
	return true
}

// keep forgets all previews but those that are still asked for.
func (m *memory) keep(wanted func(preview string) bool) {
	for at := range m.waits {
		if !wanted(at.preview) {
			delete(m.waits, at)
		}
	}
	for key := range m.retries {
		if !wanted(key) {
			delete(m.retries, key)
		}
	}
	for key := range m.pushed {
		if !wanted(key) {
			delete(m.pushed, key)
		}
	}
}

// memories keeps the memory of each set.
type memories struct {
	mu    sync.Mutex
	byUID map[types.UID]*memory
}

func (m *memories) of(uid types.UID) *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byUID == nil {
		m.byUID = map[types.UID]*memory{}
	}
	if m.byUID[uid] == nil {
		m.byUID[uid] = newMemory()
	}
	return m.byUID[uid]
}

func (m *memories) forget(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.byUID, uid)
}
