// Package apply brings objects into the cluster and takes them out again, for
// one owner, without asking about each of them.
//
// A run has four parts, in this order:
//
//  1. Observe lists what the owner has, in pages, one listing for each kind and
//     namespace; Watched takes it from a watch instead, for nothing.
//  2. Apply writes, by server-side apply, the objects that are new, that the
//     owner changed, or that somebody else changed. What is as it was left is
//     not asked for again.
//  3. Prune deletes what the owner no longer wants: Flux objects first, and
//     what they need only once they are gone.
//  4. Wait looks at health, when the owner asks for it.
//
// It promises that nothing is owned twice, that an object is written and deleted
// only as the very object that was seen (by its UID), that what was there before
// is not deleted, and that the objects of one group
// fail without holding up those of another. It knows nothing of inputs: a group
// is a name.
package apply

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
)

// Object is an object to apply and the group that asked for it.
type Object struct {
	*unstructured.Unstructured
	// Group fails, and is kept, as one: the key of an input set.
	Group string
	// Sharers are other groups that asked for the very same object, and fail
	// with it.
	Sharers []string
	// Digest of the object as it is wanted, from DigestOf; computed when it is
	// zero.
	Digest Digest
	// Refused is why the object cannot be written as things are, as Kinds.Place
	// found; nil when it can. Its groups fail when its turn comes.
	Refused error

	// Facts of the object, from FactsOf; looked up each time when they are zero.
	Facts Facts
}

// Facts are what a run asks of an object time and again, and what holds as long as it
// is the same.
type Facts struct {
	Ref     object.Ref
	Version string
}

// FactsOf looks them up.
func FactsOf(o *unstructured.Unstructured) Facts {
	return Facts{Ref: object.RefOf(o), Version: o.GroupVersionKind().Version}
}

// Ref is the name of the object.
func (o Object) Ref() object.Ref {
	if o.Facts.Ref.Kind != "" {
		return o.Facts.Ref
	}
	return object.RefOf(o.Unstructured)
}

// Version is that in which the object is written.
func (o Object) Version() string {
	if o.Facts.Version != "" {
		return o.Facts.Version
	}
	return o.GroupVersionKind().Version
}

// Groups are all that asked for the object.
func (o Object) Groups() []string { return append([]string{o.Group}, o.Sharers...) }

// Owner is the ResourceSet that objects belong to.
type Owner struct {
	Name, Namespace string
	// Force recreates objects whose immutable fields changed.
	Force bool
}

// String returns namespace/name.
func (o Owner) String() string { return o.Namespace + "/" + o.Name }

// Applier applies and prunes for one owner at a time, with the permissions of
// its client. It is safe for concurrent use.
type Applier struct {
	// Client reads and writes the API server directly.
	Client client.Client
	// Kinds tells what the API server serves.
	Kinds *Kinds
	// FieldManager of what is written.
	FieldManager string
	// Overridden are field managers whose fields are taken over, beside those of
	// kubectl, Helm, Flux and Flux Operator.
	Overridden []string
	// Concurrency is how many objects of one kind are written at once; 1 if less.
	Concurrency int
	// OwnerExists tells whether another owner is still there, so that what a
	// vanished one left behind can be taken over.
	OwnerExists func(ctx context.Context, owner Owner) (bool, error)
	// Memory of what was applied; nil applies everything each time.
	Memory *Memory
	// Witness tells what a watch has seen of an object of a kind that RunsOnce,
	// also of one that is gone; false where it does not reach. Without one the
	// API server is asked.
	Witness func(object.Ref) (Sighting, bool)
	// Watch tells what a watch has seen last of an object; false where it does not
	// reach. Without one the API server is asked what became of an object that was
	// deleted.
	Watch func(object.Ref) (Glimpse, bool)
	// Pause is how long a Job that failed is left before it is made anew, where it was made
	// anew a number of times already as the same is wanted; none when nil. Now is the clock
	// for that.
	Pause func(times int) time.Duration
	Now   func() time.Time
}

// Glimpse is what a watch has seen of an object.
type Glimpse struct {
	// Is the object as it is; nil when there is none.
	Is *Meta
	// Gone is the UID of the last one that was seen to go, "" for none.
	Gone types.UID
}

// Action is what became of an object.
type Action string

// Actions, in the words of Flux where it has them.
const (
	Created    Action = "created"
	Configured Action = "configured"
	Unchanged  Action = "unchanged"
	Deleted    Action = "deleted"
	// Adopted was there before, made by a person, and is LetGo instead of
	// Deleted.
	Adopted Action = "adopted"
	LetGo   Action = "let go"
)

// Change is an object and what became of it.
type Change struct {
	Ref    object.Ref
	Action Action
}

// String returns Kind/namespace/name and the action.
func (c Change) String() string { return c.Ref.String() + " " + string(c.Action) }

// Result of an Apply.
type Result struct {
	// Changes lists what was created, configured or adopted, in the order of applying.
	Changes []Change
	// Failed holds the first error of each group that failed.
	Failed map[string]error
	// Due is when the first of the Jobs that failed is made anew that are left for now;
	// zero when none is.
	Due time.Time
}

// Apply writes objects in the order of their stages and kinds. A group whose
// object fails is not taken further; the others are. The error is that of the
// context alone.
func (s *Session) Apply(ctx context.Context, objects []Object) (Result, error) {
	run := &applyRun{Session: s, result: Result{Failed: map[string]error{}}}
	for _, stage := range stages(s.due(withDigests(objects))) {
		for _, batch := range kinds(stage.objects) {
			run.batch(ctx, batch)
		}
		if stage.needed {
			run.awaitServed(ctx, stage.objects)
		}
		if err := ctx.Err(); err != nil {
			return run.result, fmt.Errorf("applying: %w", err)
		}
	}
	return run.result, nil
}

// due leaves out what is as it was left, which is nearly all of a large set of which
// little changes: only the rest is put in order and looked at one by one.
func (s *Session) due(objects []Object) []Object {
	if s.Memory == nil {
		return objects
	}
	var out []Object
	for _, o := range objects {
		ref := o.Ref()
		if o.Refused != nil || RunsOnce(ref.GroupKind()) || s.Live.Err(ref) != nil || !s.Memory.unchanged(o, s.Live.Get(ref)) {
			out = append(out, o)
		}
	}
	return out
}

// applyRun is the state of one Apply.
type applyRun struct {
	*Session

	mu     sync.Mutex
	result Result
}

// withDigests fills in the digests that callers left out.
func withDigests(objects []Object) []Object {
	out := slices.Clone(objects)
	for i := range out {
		if out[i].Digest == (Digest{}) {
			out[i].Digest = DigestOf(out[i].Unstructured)
		}
	}
	return out
}

// batch writes objects of one kind side by side.
func (r *applyRun) batch(ctx context.Context, objects []Object) {
	var group errgroup.Group
	group.SetLimit(max(r.Concurrency, 1))
	changes := make([]Change, len(objects))
	stored := make([]*Meta, len(objects))
	for i, o := range objects {
		if r.failed(o) {
			continue
		}
		group.Go(func() error {
			written, action, err := r.one(ctx, o)
			if err != nil {
				r.fail(o, hideSecrets(o.Unstructured, err))
				return nil // a failed object holds up its own group alone
			}
			changes[i] = Change{Ref: o.Ref(), Action: action}
			if written != nil {
				stored[i] = metaOf(written)
			}
			return nil
		})
	}
	_ = group.Wait() // no function returns an error
	for i, now := range stored {
		if now != nil && r.Live.metas != nil { // what comes after goes by what was written
			r.Live.metas[objects[i].Ref()] = now
		}
	}
	for _, change := range changes {
		if change.Action != "" && change.Action != Unchanged {
			r.result.Changes = append(r.result.Changes, change)
		}
	}
}

// one writes one object, and returns it as stored, unless it is as it was left.
func (r *applyRun) one(ctx context.Context, o Object) (*unstructured.Unstructured, Action, error) {
	if o.Refused != nil {
		return nil, "", o.Refused
	}
	ref := o.Ref()
	was, err := r.look(ctx, o)
	if err != nil {
		return nil, "", explain(ref, nil, err)
	}
	was, left, err := r.clearFailed(ctx, o, was)
	if err != nil {
		return nil, "", fmt.Errorf("%s: making way for it: %w", ref, err)
	}
	if r.isDone(o, was) {
		return nil, Unchanged, nil
	}
	if left || r.Memory.unchanged(o, was) {
		r.noteEnding(ctx, o, was)
		return nil, Unchanged, nil
	}
	if o, err = normalized(o); err != nil {
		return nil, "", err
	}
	if r.isStored(o) {
		r.noteEnding(ctx, o, was)
		return nil, Unchanged, nil
	}
	written, action, err := r.write(ctx, o.Unstructured, was)
	if err != nil {
		return nil, "", err
	}
	r.Memory.remember(o, written)
	r.Memory.noteWrite(written)
	r.Memory.noteStart(o, EndingOf(written))
	return written, action, nil
}

// look returns what the cluster holds of an object. When a watch has told that
// somebody touched what was applied, the API server is asked: the watch may
// not have brought the last write yet.
func (r *applyRun) look(ctx context.Context, want Object) (*Meta, error) {
	ref := want.Ref()
	if err := r.Live.Err(ref); err != nil {
		return nil, err
	}
	was := r.Live.Get(ref)
	if r.Live.watched && r.Memory.applies(want) && !r.Memory.unchanged(want, was) {
		return r.find(ctx, ref, want.Version())
	}
	return was, nil
}

// isStored reports whether an object that was listed whole, after a restart,
// is stored as it is wanted.
func (r *applyRun) isStored(want Object) bool {
	stored := r.Live.stored[want.Ref()]
	if r.Memory == nil || stored == nil || stored.GetDeletionTimestamp() != nil ||
		!holds(stored, want.Unstructured, r.FieldManager) || r.inherits(want.Unstructured, stored) {
		return false
	}
	r.Memory.remember(want, stored)
	return true
}

// awaitServed waits until the definitions that later stages build on are served.
func (r *applyRun) awaitServed(ctx context.Context, objects []Object) {
	for _, o := range objects {
		if r.failed(o) || !r.changed(o) {
			continue
		}
		if err := r.awaitReady(ctx, o.Unstructured); err != nil {
			r.fail(o, err)
		}
	}
}

func (r *applyRun) changed(o Object) bool {
	ref := o.Ref()
	for _, change := range r.result.Changes {
		if change.Ref == ref {
			return true
		}
	}
	return false
}

// failed reports whether every group that asked for an object has failed.
func (r *applyRun) failed(o Object) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, group := range o.Groups() {
		if r.result.Failed[group] == nil {
			return false
		}
	}
	return true
}

func (r *applyRun) fail(o Object, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, group := range o.Groups() {
		if r.result.Failed[group] == nil {
			r.result.Failed[group] = err
		}
	}
}

// SetOwner labels an object as the owner's. Labels that say otherwise lose.
func SetOwner(o *unstructured.Unstructured, owner Owner) {
	labels := o.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels[nameLabel], labels[namespaceLabel] = owner.Name, owner.Namespace
	o.SetLabels(labels)
}

const (
	nameLabel      = v1.OwnerLabelPrefix + "/name"
	namespaceLabel = v1.OwnerLabelPrefix + "/namespace"
)
