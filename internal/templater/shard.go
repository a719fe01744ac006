package templater

import (
	"context"
	"fmt"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/turns"
)

// Shard is one of several operators that share the sets by their labels. A set says in its
// status which one works on it, and that is what a set which moves from one to another
// goes by:
//
//	its label is changed    the old shard stops its run, and takes its name out of the status
//	the name is out         the new shard writes its own, and begins
//	the old shard is gone   its lease says so: the new one begins
//
// The zero value works on all sets and writes nothing down.
type Shard struct {
	// Name is that of its lease, and Namespace where leases are.
	Name, Namespace string
	// Selector of the sets; nil for all.
	Selector labels.Selector
	// Reader reads from the API server itself.
	Reader client.Reader
	// Now is the clock.
	Now func() time.Time
	// Overlaps is told of a set that another shard has, which is alive and does not let go
	// of it: nobody is when nil.
	Overlaps func(set *v1.ResourceSet, other string)

	// runs are those of the shard's sets.
	runs turns.Runs

	mu sync.Mutex
	// met is since when sets are waited for that another shard has.
	met map[types.UID]time.Time
	// looked are the leases as they were a moment ago.
	looked map[string]leaseLook
}

const (
	// shardLook is the time between two looks at a set that another shard has, and at
	// the lease of that one.
	shardLook = time.Second
	// shardPatience is how long a shard is waited for that is alive, and has not let go:
	// it stops its run as soon as the watch tells it, so that it never knew of the set.
	shardPatience = 2 * time.Minute
)

// leaseLook is what a lease said. One that was not found is taken to be of who is alive.
type leaseLook struct {
	at           time.Time
	alive, found bool
	acquired     time.Time
}

func (s *Shard) isOne() bool { return s != nil && s.Name != "" }

// name is what a set is marked with that is worked on here.
func (s *Shard) name() string {
	if s == nil {
		return ""
	}
	return s.Name
}

// mayBegin reports whether a set may be worked on here, as far as another shard goes.
func (s *Shard) mayBegin(ctx context.Context, set *v1.ResourceSet) (bool, error) {
	other := set.Status.Shard
	if s == nil {
		return true, nil
	}
	if other == "" || other == s.Name {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.met, set.UID) // who has it the next time is waited for anew
		return true, nil
	}
	lease, err := s.lease(ctx, other)
	if err != nil {
		return false, fmt.Errorf("reading the lease of %s, which works on the set: %w", other, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.met == nil {
		s.met = map[types.UID]time.Time{}
	}
	if s.met[set.UID].IsZero() {
		s.met[set.UID] = s.Now()
	}
	since := s.met[set.UID]
	isAtWork := lease.alive && !lease.acquired.After(since)
	if isAtWork && s.Now().Sub(since) < shardPatience {
		return false, nil
	}
	delete(s.met, set.UID)
	if isAtWork && lease.found && s.Overlaps != nil {
		s.Overlaps(set, other)
	}
	return !isAtWork || !lease.found || s.isOne(), nil // who selects none leaves those alone that a shard has
}

// lease looks at the lease of another shard. One that is not there may be of an operator
// without leader election, and one that may not be read of anybody: it is taken to be alive.
func (s *Shard) lease(ctx context.Context, name string) (leaseLook, error) {
	s.mu.Lock()
	known, ok := s.looked[name]
	s.mu.Unlock()
	if ok && s.Now().Sub(known.at) < shardLook {
		return known, nil
	}
	look, found := leaseLook{at: s.Now(), alive: true}, &coordinationv1.Lease{}
	err := s.Reader.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: name}, found)
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsForbidden(err) {
		return leaseLook{}, err
	}
	if err == nil {
		look.alive, look.found = turns.IsHeld(found, s.Now()), true
		if found.Spec.AcquireTime != nil {
			look.acquired = found.Spec.AcquireTime.Time
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.looked == nil {
		s.looked = map[string]leaseLook{}
	}
	s.looked[name] = look
	return look, nil
}

// begin returns a context for a run, which ends when the set leaves the shard.
func (s *Shard) begin(ctx context.Context, set types.NamespacedName) (context.Context, context.CancelFunc) {
	if !s.isOne() {
		return context.WithCancel(ctx)
	}
	return s.runs.Begin(ctx, set)
}

// left ends the run of a set that is not the shard's any more.
func (s *Shard) left(set types.NamespacedName) {
	if s != nil {
		s.runs.End(set)
	}
}

// moved returns a set that has left the shard and still bears its name; nil where there is
// none such.
func (s *Shard) moved(ctx context.Context, name types.NamespacedName) (*v1.ResourceSet, error) {
	if !s.isOne() {
		return nil, nil
	}
	set := &v1.ResourceSet{}
	if err := s.Reader.Get(ctx, name, set); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if set.Status.Shard != s.Name || s.Selector.Matches(labels.Set(set.Labels)) {
		return nil, nil
	}
	return set, nil
}

// keys are the requirements of the shard's selector that what it stamps out meets too.
func (s *Shard) keys() []labels.Requirement {
	if !s.isOne() || s.Selector == nil {
		return nil
	}
	all, _ := s.Selector.Requirements() // one that selects nothing has none
	var out []labels.Requirement
	for _, one := range all {
		// Of more than one key, a template may name another than that of its set.
		if one.Key() == v1.ShardLabel && (one.Operator() == selection.Equals || one.Operator() == selection.DoubleEquals || one.Operator() == selection.In) {
			out = append(out, one)
		}
	}
	return out
}
