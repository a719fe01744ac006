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
	"github.com/eddy-previews/eddy/internal/object"
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
	return report.RetryOnConflict(r.letGo(ctx))
}

// empty deletes what the set owns. A nil outcome means that all is gone, or
// that the objects are to be left: the set is suspended, or owns none, or
// somebody has said to leave behind what cannot be deleted.
func (r *run) empty(ctx context.Context) (*report.Outcome, error) {
	owned, err := r.owned()
	switch {
	case err == nil && len(owned) == 0:
		return nil, nil
	case r.set.IsDisabled():
		r.sayLeft("the ResourceSet is suspended", owned, nil)
		return nil, nil
	case err != nil && r.owner.Force:
		r.sayLeft(forced+", and its inventory cannot be read: "+err.Error(), nil, nil)
		return nil, nil
	case err != nil:
		return nil, err
	}
	missing, err := r.accountMissing(ctx)
	switch {
	case err != nil:
		return nil, err
	case missing:
		return r.abandoned(ctx, owned)
	}
	applier, err := r.applier(ctx)
	if err != nil {
		return nil, err
	}
	r.drift.watch(ctx, owned)
	r.drift.own(client.ObjectKeyFromObject(r.set), owned)
	session, err := r.open(ctx, applier, owned, desired{})
	if err != nil {
		return nil, err
	}
	pruned := session.Prune(ctx, owned)
	if r.owner.Force {
		pruned = r.leaveBehind(pruned)
	}
	r.own(pruned.Left)
	r.drift.own(client.ObjectKeyFromObject(r.set), pruned.Left)
	if len(pruned.Left) == 0 {
		r.Report.Tell(r.set, report.Applied(pruned.Changes, "")...) // nobody writes a status any more
		return nil, nil
	}
	waiting := report.Wait(v1.ReasonUninstallationBlocked, "Uninstalling: "+leaving(pruned), r.patience(pruned))
	waiting.Events = report.Applied(pruned.Changes, "")
	return &waiting, nil
}

// leaveBehind lets go of what cannot be deleted. What is on its way out is still
// waited for.
func (r *run) leaveBehind(pruned apply.Pruned) apply.Pruned {
	if len(pruned.Blocked) > 0 {
		r.sayLeft(forced, pruned.Blocked, pruned.Why)
	}
	pruned.Left = pruned.Left.Without(pruned.Blocked)
	return pruned
}

// forced is why objects are left behind that cannot be deleted.
const forced = "the ResourceSet is annotated with " + v1.ForceAnnotation

// sayLeft says which objects stay when the set goes: nobody else will.
func (r *run) sayLeft(because string, objects apply.Inventory, why map[object.Ref]string) {
	r.Report.Tell(r.set, report.LeftBehind(because, list(objects, why)))
}

// abandoned is the outcome of a set whose account is gone: without it nothing
// can be deleted. What is there is looked at as the operator, so that a set of
// which nothing is left, as when its namespace is deleted, waits for nobody.
func (r *run) abandoned(ctx context.Context, owned apply.Inventory) (*report.Outcome, error) {
	if r.owner.Force { // somebody said to leave them behind
		r.sayLeft(fmt.Sprintf("%s, and service account %s/%s does not exist", forced, r.set.Namespace, r.account()), owned, nil)
		return nil, nil
	}
	operator := &apply.Applier{Client: r.Accounts.Own, Kinds: r.Kinds, Memory: r.memory.applied}
	live, err := operator.Observe(ctx, owned)
	if err != nil {
		return nil, err
	}
	left := live.Left(owned, r.owner)
	r.own(left)
	if len(left) == 0 {
		return nil, nil
	}
	outcome := report.Wait(v1.ReasonUninstallationBlocked, fmt.Sprintf(
		"%s cannot be deleted, as service account %s/%s does not exist: %s; create the account again, or annotate the ResourceSet with %s: %s to leave the objects behind",
		count(len(left), "object"), r.set.Namespace, r.account(), list(left, nil), v1.ForceAnnotation, v1.EnabledValue), accountRetry)
	return &outcome, nil
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
	if err := r.Report.LetGo(ctx, r.set); err != nil {
		return err
	}
	r.Report.Tell(r.set, report.Uninstalled(r.Now().Sub(r.started)))
	r.programs.forget(r.set.UID)
	r.memories.forget(r.set.UID)
	r.users.set(client.ObjectKeyFromObject(r.set), nil)
	return nil
}
