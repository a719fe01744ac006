package apply

import (
	"context"
	"fmt"

	ssaerrors "github.com/fluxcd/pkg/ssa/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/object"
)

// Difference is an object before and after it is applied.
type Difference struct {
	Ref object.Ref
	// Before is nil where the object would be created, After where deleted; both
	// are where it has run to its end, and has gone.
	Before, After *unstructured.Unstructured
}

// DryRun asks the API server what applying an object would make of it, as Apply
// would, and changes nothing. Fields that would be taken over from other
// managers are kept in the answer. What has ended and gone, as the Memory knows,
// is not made anew.
func (a *Applier) DryRun(ctx context.Context, owner Owner, o *unstructured.Unstructured) (Difference, error) {
	ref := object.RefOf(o)
	out := Difference{Ref: ref}
	before, err := a.Read(ctx, ref, o.GroupVersionKind().Version)
	if err != nil {
		return out, fmt.Errorf("reading %s: %w", ref, err)
	}
	out.Before = before
	run := &applyRun{Session: a.Resume(owner, Live{})}
	if before == nil && run.isDone(Object{Unstructured: o, Digest: DigestOf(o)}, nil) {
		return out, nil
	}
	var was *Meta
	if before != nil {
		was = meta.AsPartialObjectMetadata(before)
		if err := run.mayTake(ctx, o, was); err != nil {
			return out, err
		}
	}
	wanted, err := normalized(Object{Unstructured: o})
	if err != nil {
		return out, hideSecrets(o, err)
	}
	out.After = wanted.DeepCopy()
	err = a.applied(ctx, out.After, a.FieldManager, client.DryRunAll)
	if err != nil && was != nil && ssaerrors.IsImmutableError(err) && run.forced(o, was) {
		out.After = wanted.Unstructured // it would be deleted and made anew
		return out, nil
	}
	if err != nil {
		return out, hideSecrets(o, run.explain(ref, was, err))
	}
	return out, nil
}

// DryDelete tells what pruning would delete; the zero Difference where the object
// is gone already, is protected, or belongs to another.
func (a *Applier) DryDelete(ctx context.Context, owner Owner, entry Entry) (Difference, error) {
	before, err := a.Read(ctx, entry.Ref, entry.Version)
	if err != nil || before == nil {
		return Difference{}, err
	}
	was := meta.AsPartialObjectMetadata(before)
	if !owns(owner, was) || isKept(was) || isAdopted(owner, was) {
		return Difference{}, nil
	}
	return Difference{Ref: entry.Ref, Before: before}, nil
}
