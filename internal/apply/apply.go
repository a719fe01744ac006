// Package apply brings objects into the cluster and takes them out again, for
// one owner, without asking about each of them.
//
// A run has four parts, in this order:
//
//  1. Observe lists the metadata of what the owner has, in pages, one listing
//     for each kind and namespace.
//  2. Apply writes, by server-side apply, the objects that are new, that the
//     owner changed, or that somebody else changed. What is as it was left is
//     not asked for again.
//  3. Prune deletes what the owner no longer wants: Flux objects first, and
//     what they need only once they are gone.
//  4. Wait looks at health, when the owner asks for it.
//
// It promises that nothing is owned twice, that an object is deleted only as
// the very object that was seen (by its UID), and that the objects of one group
// fail without holding up those of another. It knows nothing of inputs: a group
// is a name.
package apply

import (
	"context"
	"fmt"
	"sync"

	"github.com/fluxcd/pkg/ssa/normalize"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Object is an object to apply and the group that asked for it.
type Object struct {
	*unstructured.Unstructured
	// Group fails, and is kept, as one: the key of an input set.
	Group string
}

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
	// FieldManager of what is written.
	FieldManager string
	// Concurrency is how many objects of one kind are written at once; 1 if less.
	Concurrency int
	// OwnerExists tells whether another owner is still there, so that what a
	// vanished one left behind can be taken over.
	OwnerExists func(ctx context.Context, owner Owner) (bool, error)
	// Memory of what was applied; nil applies everything each time.
	Memory *Memory
}

// Action is what became of an object.
type Action string

// Actions, in the words of Flux.
const (
	Created    Action = "created"
	Configured Action = "configured"
	Unchanged  Action = "unchanged"
	Deleted    Action = "deleted"
)

// Change is an object and what became of it.
type Change struct {
	Ref    Ref
	Action Action
}

// String returns Kind/namespace/name and the action.
func (c Change) String() string { return c.Ref.String() + " " + string(c.Action) }

// Result of an Apply.
type Result struct {
	// Changes lists what was created or configured, in the order of applying.
	Changes []Change
	// Failed holds the first error of each group that failed.
	Failed map[string]error
}

// Apply writes objects in the order of their stages and kinds. A group whose
// object fails is not taken further; the others are. The error is that of the
// context alone.
func (a *Applier) Apply(ctx context.Context, owner Owner, objects []Object, live Live) (Result, error) {
	run := &applyRun{Applier: a, owner: owner, live: live, result: Result{Failed: map[string]error{}}}
	for _, stage := range stages(run.normalized(objects)) {
		for _, batch := range kinds(stage.objects) {
			run.batch(ctx, batch)
		}
		if stage.settle {
			run.settle(ctx, stage.objects)
		}
		if err := ctx.Err(); err != nil {
			return run.result, fmt.Errorf("applying: %w", err)
		}
	}
	return run.result, nil
}

// applyRun is the state of one Apply.
type applyRun struct {
	*Applier
	owner Owner
	live  Live

	mu     sync.Mutex
	result Result
}

// normalized drops what the API server would not store as written, such as a
// Secret's stringData. An object that has no valid form fails its group.
func (r *applyRun) normalized(objects []Object) []Object {
	var out []Object
	for _, object := range objects {
		object.Unstructured = object.DeepCopy()
		unstructured.RemoveNestedField(object.Object, "status")
		if err := normalize.Unstructured(object.Unstructured); err != nil {
			r.fail(object, fmt.Errorf("%s is not a valid object: %w", RefOf(object.Unstructured), err))
			continue
		}
		out = append(out, object)
	}
	return out
}

// batch writes objects of one kind side by side.
func (r *applyRun) batch(ctx context.Context, objects []Object) {
	var group errgroup.Group
	group.SetLimit(max(r.Concurrency, 1))
	changes := make([]Change, len(objects))
	for i, object := range objects {
		if r.failed(object) {
			continue
		}
		group.Go(func() error {
			action, err := r.one(ctx, object)
			if err != nil {
				r.fail(object, err)
				return nil // a failed object holds up its own group alone
			}
			changes[i] = Change{Ref: RefOf(object.Unstructured), Action: action}
			return nil
		})
	}
	_ = group.Wait() // no function returns an error
	for _, change := range changes {
		if change.Action == Created || change.Action == Configured {
			r.result.Changes = append(r.result.Changes, change)
		}
	}
}

// one writes one object, unless it is as it was left.
func (r *applyRun) one(ctx context.Context, object Object) (Action, error) {
	ref := RefOf(object.Unstructured)
	was := r.live.Get(ref)
	if err := r.mayTake(ctx, ref, was); err != nil {
		return "", err
	}
	if r.Memory.unchanged(object.Unstructured, was) {
		return Unchanged, nil
	}
	written, err := r.write(ctx, object.Unstructured, was)
	if err != nil {
		return "", explain(ref, err)
	}
	r.Memory.remember(object.Unstructured, written)
	switch {
	case was == nil:
		return Created, nil
	case was.UID == written.GetUID() && was.ResourceVersion == written.GetResourceVersion():
		return Unchanged, nil
	default:
		return Configured, nil
	}
}

// mayTake refuses an object that belongs to another owner which still exists.
func (r *applyRun) mayTake(ctx context.Context, ref Ref, was *Meta) error {
	if was == nil {
		return nil
	}
	other := ownerOf(was)
	if other.Name == "" || (other.Name == r.owner.Name && other.Namespace == r.owner.Namespace) {
		return nil
	}
	exists, err := r.OwnerExists(ctx, other)
	if err != nil {
		return fmt.Errorf("looking up ResourceSet %s, the owner of %s: %w", other, ref, err)
	}
	if exists {
		return fmt.Errorf("%s belongs to ResourceSet %s: give one of the two another name, or delete the other set first", ref, other)
	}
	return nil
}

// settle waits until the definitions that later stages build on are served.
func (r *applyRun) settle(ctx context.Context, objects []Object) {
	for _, object := range objects {
		if r.failed(object) || !r.changed(object) {
			continue
		}
		if err := r.awaitReady(ctx, object.Unstructured, settleTimeout); err != nil {
			r.fail(object, err)
		}
	}
}

func (r *applyRun) changed(object Object) bool {
	ref := RefOf(object.Unstructured)
	for _, change := range r.result.Changes {
		if change.Ref == ref {
			return true
		}
	}
	return false
}

func (r *applyRun) failed(object Object) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.result.Failed[object.Group] != nil
}

func (r *applyRun) fail(object Object, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.result.Failed[object.Group] == nil {
		r.result.Failed[object.Group] = err
	}
}

// SetOwner labels an object as the owner's. Labels that say otherwise lose.
func SetOwner(object *unstructured.Unstructured, owner Owner) {
	labels := object.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels[nameLabel], labels[namespaceLabel] = owner.Name, owner.Namespace
	object.SetLabels(labels)
}

const (
	nameLabel      = v1.OwnerLabelPrefix + "/name"
	namespaceLabel = v1.OwnerLabelPrefix + "/namespace"
)

func ownerOf(m *Meta) Owner {
	return Owner{Name: m.Labels[nameLabel], Namespace: m.Labels[namespaceLabel]}
}
