package apply

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
)

// clearFailed deletes a Job of the owner's that has failed, with its pods, when
// it is annotated to be made anew then. It returns what is there after that, and
// whether that is left as it is, for it rests.
func (r *applyRun) clearFailed(ctx context.Context, o Object, was *Meta) (now *Meta, left bool, err error) {
	if was == nil || !isRetriedJob(o.Unstructured) || !owns(r.Owner, was) || isAdopted(r.Owner, was) {
		return was, false, nil
	}
	ref := o.Ref()
	is, err := r.Read(ctx, ref, o.GroupVersionKind().Version)
	if err != nil || is == nil || is.GetUID() != was.UID || !r.hasFailed(is) {
		return was, false, err
	}
	goesAnyway := is.GetDeletionTimestamp() != nil && !goesByItself(o.Unstructured) // somebody wants it to run again
	if !goesAnyway && r.rests(o, was.UID) {
		return was, true, nil
	}
	if err := r.delete(ctx, was, metav1.DeletePropagationForeground); err != nil {
		return was, false, err
	}
	if err := r.awaitGone(ctx, ref, was); err != nil {
		return was, false, fmt.Errorf("the failed Job is still there after %s: %w", recreateTimeout, err)
	}
	r.Memory.makeWay(ref)
	return nil, false, nil
}

// hasFailed reports whether a Job has failed. One that succeeded makes up for those before.
func (r *applyRun) hasFailed(is *unstructured.Unstructured) bool {
	ending := EndingOf(is)
	if ending == Succeeded {
		r.Memory.forgive(object.RefOf(is))
	}
	return ending == Failed
}

// rests reports whether the last Job that failed is left for now: each one that does so
// as the same is wanted rests longer, but for the first. One that fails in seconds would
// run every few seconds otherwise, for ever.
func (r *applyRun) rests(o Object, failed types.UID) bool {
	if r.Pause == nil {
		return false
	}
	now := r.Now()
	due := r.Memory.noteFailure(o, failed, func(times int) time.Time {
		if times <= 1 {
			return now
		}
		return now.Add(r.Pause(times - 1))
	})
	if !now.Before(due) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Due = Sooner(r.result.Due, due)
	return true
}

// Sooner returns the first of two times, of which the zero time is none.
func Sooner(one, other time.Time) time.Time {
	if one.IsZero() || (!other.IsZero() && other.Before(one)) {
		return other
	}
	return one
}

// failure is what is remembered of Jobs of one name that failed.
type failure struct {
	// digest of what was wanted then; anything else begins anew.
	digest Digest
	// uid of the last one that failed, and how many did.
	uid   types.UID
	times int
	// due is when that one is made anew.
	due time.Time
}

// noteFailure remembers that a Job failed, and returns when it is made anew: once it is
// known that it did, what after says of how many failed so far.
func (m *Memory) noteFailure(want Object, failed types.UID, after func(times int) time.Time) time.Time {
	if m == nil {
		return time.Time{}
	}
	isWanted := m.isWhatWasApplied(want, failed)
	m.mu.Lock()
	defer m.mu.Unlock()
	ref := want.Ref()
	last, known := m.failures[ref]
	switch {
	case known && last.digest == want.Digest && last.uid == failed:
		return last.due
	case !known || last.digest != want.Digest:
		last = failure{digest: want.Digest}
	}
	if isWanted { // else it failed as something else was wanted
		last.times++
	}
	last.uid, last.due = failed, after(last.times)
	m.failures[ref] = last
	return last.due
}

// forgive forgets how often Jobs of a name failed.
func (m *Memory) forgive(ref object.Ref) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.failures, ref)
}

// awaitGone waits until the very object that was seen is gone.
func (a *Applier) awaitGone(ctx context.Context, ref object.Ref, was *Meta) error {
	return wait.PollUntilContextTimeout(ctx, recreateInterval, recreateTimeout, true, func(ctx context.Context) (bool, error) {
		now, err := a.find(ctx, ref, was.GroupVersionKind().Version)
		return now == nil || now.UID != was.UID, err
	})
}

// isRetriedJob reports whether an object is a Job that is made anew when it
// failed.
func isRetriedJob(o *unstructured.Unstructured) bool {
	return o.GetAPIVersion() == "batch/v1" && o.GetKind() == "Job" &&
		o.GetAnnotations()[v1.RecreateOnFailureAnnotation] == v1.EnabledValue
}
