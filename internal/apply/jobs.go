package apply

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/object"
)

// clearFailed deletes a Job of the owner's that has failed, with its pods, when
// it is annotated to be made anew then. It returns what is there after that.
func (r *applyRun) clearFailed(ctx context.Context, o Object, was *Meta) (*Meta, error) {
	if was == nil || !isRetriedJob(o.Unstructured) || !owns(r.Owner, was) || isAdopted(r.Owner, was) {
		return was, nil
	}
	ref := o.Ref()
	is, err := r.Read(ctx, ref, o.GroupVersionKind().Version)
	if err != nil || is == nil || is.GetUID() != was.UID || EndingOf(is) != Failed {
		return was, err
	}
	if err := r.delete(ctx, was, metav1.DeletePropagationForeground); err != nil {
		return was, err
	}
	if err := r.awaitGone(ctx, ref, was); err != nil {
		return was, fmt.Errorf("the failed Job is still there after %s: %w", recreateTimeout, err)
	}
	r.Memory.forget(ref)
	return nil, nil
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
