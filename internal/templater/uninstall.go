package templater

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/report"
)

// uninstall deletes all that a set owns before it lets the set go. The
// finalizer stays until every object is seen to be gone; a condition says
// which one holds it up, and why.
func (r *run) uninstall(ctx context.Context) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(r.set, v1.Finalizer) {
		return ctrl.Result{}, nil
	}
	outcome, err := r.empty(ctx)
	if err != nil {
		return r.Report.Finish(ctx, r.saved, r.set, report.FromError(err))
	}
	if outcome != nil {
		return r.Report.Finish(ctx, r.saved, r.set, *outcome)
	}
	return ctrl.Result{}, r.letGo(ctx)
}

// empty deletes what the set owns. A nil outcome means that all is gone, or
// that the objects are to be left: the set is suspended, or owns none.
func (r *run) empty(ctx context.Context) (*report.Outcome, error) {
	owned, err := apply.ReadInventory(r.set.Status.Inventory)
	if err != nil || len(owned) == 0 || r.set.IsDisabled() {
		return nil, err
	}
	missing, err := r.accountMissing(ctx)
	switch {
	case err != nil:
		return nil, err
	case missing && r.owner.Force: // somebody said to leave them behind
		return nil, nil
	case missing:
		return r.blocked(len(owned)), nil
	}
	applier, err := r.applier()
	if err != nil {
		return nil, err
	}
	live, err := applier.Observe(ctx, owned)
	if err != nil {
		return nil, err
	}
	pruned := applier.Prune(ctx, r.owner, owned, live)
	r.set.Status.Inventory = pruned.Left.Stored()
	if len(pruned.Left) == 0 {
		return nil, nil
	}
	waiting := report.Wait(v1.ReasonUninstallationBlocked, "Uninstalling: "+leaving(pruned), r.patience(pruned))
	waiting.Changes = lines(pruned.Changes)
	return &waiting, nil
}

// blocked is the outcome of a set whose account is gone: without it nothing can
// be deleted, and the objects stay listed.
func (r *run) blocked(owned int) *report.Outcome {
	outcome := report.Wait(v1.ReasonUninstallationBlocked, fmt.Sprintf(
		"%s cannot be deleted: service account %s/%s does not exist; create it again, or annotate the ResourceSet with %s: %s to leave the objects behind",
		count(owned, "object"), r.set.Namespace, r.account(), v1.ForceAnnotation, v1.EnabledValue), accountRetry)
	return &outcome
}

// accountRetry is the time between two looks for a missing service account.
const accountRetry = 30 * time.Second

// accountMissing reports whether the set names an account that does not exist.
func (r *run) accountMissing(ctx context.Context) (bool, error) {
	if r.account() == "" {
		return false, nil
	}
	key := client.ObjectKey{Namespace: r.set.Namespace, Name: r.account()}
	err := r.Accounts.Own.Get(ctx, key, &corev1.ServiceAccount{})
	return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
}

// letGo removes the finalizer, with which the set disappears.
func (r *run) letGo(ctx context.Context) error {
	r.Report.Events.Event(r.set, corev1.EventTypeNormal, v1.ReasonUninstallationSucceeded,
		fmt.Sprintf("Uninstallation completed in %s", r.Now().Sub(r.started).Round(time.Millisecond)))
	r.programs.forget(r.set.UID)
	r.memories.forget(r.set.UID)
	r.users.set(client.ObjectKeyFromObject(r.set), nil)
	base := r.set.DeepCopy()
	controllerutil.RemoveFinalizer(r.set, v1.Finalizer)
	return client.IgnoreNotFound(r.Client.Patch(ctx, r.set, client.MergeFrom(base)))
}
