package report

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fluxcd/pkg/apis/meta"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// part is what is written of an object.
type part string

const (
	status    part = "the status"
	finalizer part = "the finalizer"
)

// reason is that of the condition which says that a part could not be written.
func (p part) reason() string {
	if p == status {
		return v1.ReasonStatusNotWritten
	}
	return meta.ReconciliationFailedReason
}

// write is Save, and says when the API server refuses it.
func (r *Reporter) write(ctx context.Context, before, after Object) error {
	err := r.Save(ctx, before, after)
	if err != nil {
		r.confess(ctx, before, status, err)
	}
	return err
}

// LetGo removes the finalizer, with which an object that is being deleted
// disappears.
func (r *Reporter) LetGo(ctx context.Context, obj Object) error {
	before := obj.DeepCopyObject().(Object)
	if !controllerutil.RemoveFinalizer(obj, v1.Finalizer) {
		return nil
	}
	err := client.IgnoreNotFound(r.Client.Patch(ctx, obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})))
	if err != nil {
		r.confess(ctx, before, finalizer, err)
		return fmt.Errorf("removing the finalizer: %w", err)
	}
	return nil
}

// confess says of an object of which the API server does not take a part that it
// is so, and who refused it: in the log and an event, and in a condition beside
// the status that it had, as far as that one is taken; what is told must not stay
// what it was. It is said once where the condition keeps that it was said, and
// with each try where it cannot.
func (r *Reporter) confess(ctx context.Context, before Object, what part, err error) {
	if !isRefused(err) {
		return
	}
	obj := before.DeepCopyObject().(Object)
	outcome := Outcome{Kind: Failed, Reason: what.reason(), Message: fmt.Sprintf("the API server does not take %s: %s", what, clip(err.Error()))}
	mark(obj, outcome)
	if sameReady(before, obj) {
		return
	}
	log := ctrl.LoggerFrom(ctx)
	log.Error(err, fmt.Sprintf("the API server does not take %s", what))
	if again := r.Save(ctx, before, obj); again != nil {
		log.Error(again, "nor does it take the condition that says so")
	}
	r.Tell(obj, concluded(outcome))
}

// isRefused reports whether somebody has decided against a write: the API server
// by its rules, its rights or its bounds, a policy, or a webhook. What passes by
// itself, a conflict or a server that is not there, is none of these.
func isRefused(err error) bool {
	if isDenied(err) || strings.Contains(err.Error(), "request is too large") {
		return true
	}
	var said apierrors.APIStatus
	if !errors.As(err, &said) {
		return false
	}
	switch apierrors.ReasonForError(err) {
	case metav1.StatusReasonConflict, metav1.StatusReasonNotFound, metav1.StatusReasonTimeout, metav1.StatusReasonServerTimeout,
		metav1.StatusReasonServiceUnavailable, metav1.StatusReasonTooManyRequests:
		return false
	default:
		return true
	}
}

// isDenied reports whether a webhook has refused a write, which may answer with
// any reason: that of a conflict, or of an object that is not there.
func isDenied(err error) bool {
	return err != nil && strings.Contains(err.Error(), `admission webhook "`)
}

// RetryOnConflict turns a write error into what the controller does next. It
// hides a conflict: the object that was read was stale, and the fresh one is on
// its way through the watch.
func RetryOnConflict(err error) (ctrl.Result, error) {
	switch {
	case isDenied(err):
		return ctrl.Result{}, err
	case apierrors.IsConflict(err):
		return ctrl.Result{RequeueAfter: conflictDelay}, nil
	}
	return ctrl.Result{}, client.IgnoreNotFound(err)
}
