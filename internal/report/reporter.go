package report

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/record"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/schedule"
)

// FieldManager is the name under which Eddy writes to the cluster.
const FieldManager = "eddy"

// Object is a ResourceSet or a ResourceSetInputProvider.
type Object interface {
	client.Object
	conditions.Setter
	GetLastHandledReconcileRequest() string
	SetLastHandledReconcileRequest(token string)
	IsDisabled() bool
	GetInterval() time.Duration
}

// Reporter writes outcomes down.
type Reporter struct {
	Client client.Client
	Events record.EventRecorder
	// Jitter is added to every interval; none when nil.
	Jitter func(time.Duration) time.Duration
	// Floor is the shortest time between two runs of an object that nobody asks for.
	Floor time.Duration
}

// Begin prepares an object for its run: the finalizer is there before anything
// else happens, and a new object or a new generation says that it is being
// worked on. It writes only what is missing.
func (r *Reporter) Begin(ctx context.Context, obj Object) error {
	if !controllerutil.ContainsFinalizer(obj, v1.Finalizer) {
		base := obj.DeepCopyObject().(Object)
		controllerutil.AddFinalizer(obj, v1.Finalizer)
		if err := r.Client.Patch(ctx, obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
			r.confess(ctx, base, finalizer, err)
			return fmt.Errorf("adding the finalizer: %w", err)
		}
	}
	ready := conditions.Get(obj, meta.ReadyCondition)
	if ready != nil && ready.ObservedGeneration == obj.GetGeneration() {
		return nil
	}
	before := obj.DeepCopyObject().(Object)
	MarkProgressing(obj, "Reconciliation in progress")
	return r.write(ctx, before, obj)
}

// MarkProgressing says that work is going on and what it is at.
func MarkProgressing(obj Object, message string) {
	conditions.Delete(obj, meta.StalledCondition)
	conditions.MarkUnknown(obj, meta.ReadyCondition, meta.ProgressingReason, "%s", message)
	conditions.MarkReconciling(obj, meta.ProgressingReason, "%s", message)
}

// Save writes the status of after when it differs from that of before. A
// concurrent write since before was read is a conflict, never overwritten.
func (r *Reporter) Save(ctx context.Context, before, after Object) error {
	operations, told := changes(before, after)
	switch {
	case told && len(operations) == 0, !told && equality.Semantic.DeepEqual(before, after):
		return nil
	}
	err := r.saveStatus(ctx, before, after, operations)
	for try := 1; try <= freshTries && apierrors.IsConflict(err) && r.onlyAnnotated(ctx, before, after, try); try++ {
		operations, _ = changes(before, after) // what another controller has written is in both
		err = r.saveStatus(ctx, before, after, operations)
	}
	if err != nil {
		return fmt.Errorf("writing the status: %w", err)
	}
	return nil
}

// saveStatus writes what has changed of a status, or all of it where there are no
// operations, or where they do not go with what is there, as who writes it all is told.
func (r *Reporter) saveStatus(ctx context.Context, before, after Object, operations []operation) error {
	if len(operations) > 0 {
		err := r.saveLines(ctx, after, operations)
		if !apierrors.IsInvalid(err) {
			return err
		}
	}
	before.SetResourceVersion(after.GetResourceVersion())
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return r.Client.Status().Patch(ctx, after, patch, client.FieldOwner(FieldManager))
}

// saveLines writes what has changed of a status. What is stored is not read back, but
// for its version.
func (r *Reporter) saveLines(ctx context.Context, after Object, operations []operation) error {
	kind, err := r.Client.GroupVersionKindFor(after)
	if err != nil {
		return err
	}
	patch, err := patchOf(after.GetResourceVersion(), operations)
	if err != nil {
		return err
	}
	stored := &metav1.PartialObjectMetadata{}
	stored.SetGroupVersionKind(kind)
	stored.SetNamespace(after.GetNamespace())
	stored.SetName(after.GetName())
	if err := r.Client.Status().Patch(ctx, stored, patch, client.FieldOwner(FieldManager)); err != nil {
		return err
	}
	after.SetResourceVersion(stored.GetResourceVersion())
	return nil
}

// Suspended reports an object that is not to be reconciled: an event each time
// that something asks for it, and no change to its conditions unless it is new.
func (r *Reporter) Suspended(ctx context.Context, obj Object) (ctrl.Result, error) {
	r.Tell(obj, disabled())
	if conditions.Has(obj, meta.ReadyCondition) {
		return ctrl.Result{}, nil
	}
	before := obj.DeepCopyObject().(Object)
	conditions.MarkTrue(obj, meta.ReadyCondition, v1.ReasonReconciliationDisabled, "Initialized with reconciliation suspended")
	return RetryOnConflict(r.write(ctx, before, obj))
}

// Finish closes a run: before is the object as it was read, obj has the new
// status but for its conditions. It returns what the controller does next.
func (r *Reporter) Finish(ctx context.Context, before, obj Object, outcome Outcome) (ctrl.Result, error) {
	if token, ok := meta.ReconcileAnnotationValue(obj.GetAnnotations()); ok {
		obj.SetLastHandledReconcileRequest(token)
	}
	outcome = outcome.noting(unheeded(obj)...)
	news := setConditions(before, obj, outcome)
	first, then := outcome.events()
	r.Tell(obj, first...)
	if err := r.write(ctx, before, obj); err != nil {
		result, err := RetryOnConflict(err)
		if result.RequeueAfter > 0 { // who writes all the time has it run no more often than by asking
			result.RequeueAfter = r.AtLeast(result.RequeueAfter)
		}
		return result, err
	}
	r.Tell(obj, then...)
	if news {
		r.Tell(obj, concluded(outcome))
		ctrl.LoggerFrom(ctx).Info(outcome.Message, "reason", outcome.Reason)
	}
	return next(outcome)
}

// unheeded are the annotations of an object that say nothing that anybody understands: a
// typing error slows a preview down, or keeps it going, and who made it is told.
func unheeded(obj Object) []string {
	var out []string
	for _, fault := range schedule.Annotations(obj.GetAnnotations(), v1.Annotations()) {
		out = append(out, fault.Message+": "+fault.Fix)
	}
	return out
}

// next says when the controller runs again.
func next(outcome Outcome) (ctrl.Result, error) {
	switch outcome.Kind {
	case Failed:
		if outcome.After > 0 {
			return ctrl.Result{RequeueAfter: outcome.After}, nil
		}
		return ctrl.Result{}, errors.New(outcome.Message)
	case Stalled:
		return ctrl.Result{}, reconcile.TerminalError(errors.New(outcome.Message))
	default:
		return ctrl.Result{RequeueAfter: outcome.After}, nil
	}
}

// setConditions writes the outcome into the conditions and reports whether it
// is news: whether anything but the words of a success differs from before.
func setConditions(before, obj Object, outcome Outcome) bool {
	if outcome.Kind == Skipped {
		return skip(before, obj, outcome)
	}
	if outcome.Kind == Ready && isQuiet(before, obj, outcome) {
		obj.SetConditions(before.GetConditions())
		return false
	}
	mark(obj, outcome)
	return outcome.Kind == Ready || !sameReady(before, obj)
}

// isQuiet reports whether a success finds all as the last one left it.
func isQuiet(before, obj Object, outcome Outcome) bool {
	was := conditions.Get(before, meta.ReadyCondition)
	if was == nil || was.Status != metav1.ConditionTrue || was.Reason != outcome.Reason ||
		!outcome.isSaidBy(was.Message) || conditions.IsReconciling(before) || conditions.IsStalled(before) {
		return false
	}
	now := obj.GetConditions()
	defer obj.SetConditions(now)
	obj.SetConditions(before.GetConditions())
	if operations, told := changes(before, obj); told {
		return len(operations) == 0
	}
	return equality.Semantic.DeepEqual(before, obj)
}

// skip leaves the conditions alone, but for an object that has never had a
// result of its own. It is news when something else in the status is.
func skip(before, obj Object, outcome Outcome) bool {
	if ready := conditions.Get(obj, meta.ReadyCondition); ready == nil || ready.Reason == meta.ProgressingReason {
		conditions.Delete(obj, meta.ReconcilingCondition)
		conditions.MarkTrue(obj, meta.ReadyCondition, outcome.Reason, "%s", outcome.Message)
	}
	return !equality.Semantic.DeepEqual(before, obj)
}

// mark sets the conditions of an outcome. One that stays what it was keeps its
// time: an object that waits for an hour is not written each second.
func mark(obj Object, outcome Outcome) {
	if outcome.Kind != Waiting && outcome.Kind != Failed {
		conditions.Delete(obj, meta.ReconcilingCondition)
	}
	if outcome.Kind != Stalled {
		conditions.Delete(obj, meta.StalledCondition)
	}
	switch outcome.Kind {
	case Skipped: // it leaves them alone
	case Ready:
		conditions.MarkTrue(obj, meta.ReadyCondition, outcome.Reason, "%s", clip(outcome.Message))
	case Waiting:
		conditions.MarkReconciling(obj, meta.ProgressingReason, "%s", clip(outcome.Message))
		conditions.Set(obj, &metav1.Condition{
			Type: meta.ReadyCondition, Status: outcome.Status, Reason: outcome.Reason, Message: clip(outcome.Message),
		})
	case Failed:
		conditions.MarkReconciling(obj, meta.ProgressingWithRetryReason, "%s", clip(outcome.Message))
		conditions.MarkFalse(obj, meta.ReadyCondition, outcome.Reason, "%s", clip(outcome.Message))
	case Stalled:
		conditions.MarkStalled(obj, outcome.Reason, "%s", clip(outcome.Message))
		conditions.MarkFalse(obj, meta.ReadyCondition, outcome.Reason, "%s", clip(outcome.Message))
	}
}

func sameReady(a, b Object) bool {
	x, y := conditions.Get(a, meta.ReadyCondition), conditions.Get(b, meta.ReadyCondition)
	return x != nil && y != nil &&
		x.Status == y.Status && x.Reason == y.Reason && x.Message == y.Message && x.ObservedGeneration == y.ObservedGeneration
}

// clip keeps a message below what a condition may hold (32 KiB), with room for
// the other conditions that repeat it.
func clip(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage], "") + " … (cut)"
}
