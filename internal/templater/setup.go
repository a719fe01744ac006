package templater

import (
	"context"
	"slices"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/turns"
)

// SetupWithManager starts a run when a set's spec or any of its annotations
// changes, when a provider that it refers to has news, comes into its selector or
// leaves it, and when somebody else changes or deletes what it applied, or a
// labelled object that it takes from. Who asks often is answered together: see
// turns.Asked.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	changed := predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}, shardChanged())
	var err error
	if r.drift, err = newDrift(mgr, r.Kinds, r.Namespaces, r.Shard.keys()); err != nil {
		return err
	}
	if r.pulse, err = newPulse(mgr, r.Kinds, r.Namespaces, r.drift.notify); err != nil {
		return err
	}
	r.drift.disturb = r.pulse.disturb
	if r.Answers != nil {
		r.Answers.wake = r.drift.notify
		stop := manager.RunnableFunc(func(ctx context.Context) error {
			<-ctx.Done()
			r.Answers.stop()
			return nil
		})
		if err := mgr.Add(stop); err != nil {
			return err
		}
	}
	if err := r.watchConfigs(mgr); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1.ResourceSet{}, builder.WithPredicates(turns.Gone())).
		Watches(&v1.ResourceSet{}, r.Asked.Handler(), builder.WithPredicates(changed)).
		Watches(&v1.ResourceSet{}, handler.Funcs{DeleteFunc: func(_ context.Context, e event.DeleteEvent, _ turns.Queue) {
			r.Shard.left(client.ObjectKeyFromObject(e.Object))
		}}).
		Watches(&v1.ResourceSetInputProvider{},
			handler.EnqueueRequestsFromMapFunc(r.setsOf), builder.WithPredicates(exportChanged())).
		Watches(&v1.ResourceSetInputProvider{},
			handler.Funcs{UpdateFunc: r.labelsChanged}, builder.WithPredicates(predicate.LabelChangedPredicate{})).
		WatchesRawSource(r.Turns).
		WatchesRawSource(source.Channel(r.drift.events, &handler.EnqueueRequestForObject{})).
		WithOptions(options).
		Complete(r)
}

// shardChanged passes a set whose objects are another shard's of Flux from now on.
func shardChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return e.ObjectOld.GetLabels()[v1.ShardLabel] != e.ObjectNew.GetLabels()[v1.ShardLabel]
	}}
}

// exportChanged passes a provider that came, went, or exports something else.
func exportChanged() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok := e.ObjectOld.(*v1.ResourceSetInputProvider)
			after, okAfter := e.ObjectNew.(*v1.ResourceSetInputProvider)
			return ok && okAfter && before.Status.LastExportedRevision != after.Status.LastExportedRevision
		},
	}
}

// labelsChanged starts a run of the sets that a provider comes to, or leaves, by
// its labels; what merely names it, or selects it by others, has nothing to do.
func (r *Reconciler) labelsChanged(ctx context.Context, e event.UpdateEvent, queue turns.Queue) {
	before, ok := e.ObjectOld.(*v1.ResourceSetInputProvider)
	after, okAfter := e.ObjectNew.(*v1.ResourceSetInputProvider)
	if !ok || !okAfter {
		return
	}
	comesOrLeaves := func(ref v1.InputProviderReference) bool { return ref.RefersTo(before) != ref.RefersTo(after) }
	for _, who := range r.setsWhere(ctx, after, func(set *v1.ResourceSet) bool {
		return slices.ContainsFunc(set.Spec.InputsFrom, comesOrLeaves)
	}) {
		r.Asked.Ask(who, queue)
	}
}

// setsOf returns the sets in the provider's namespace that refer to it.
func (r *Reconciler) setsOf(ctx context.Context, object client.Object) []reconcile.Request {
	provider, ok := object.(*v1.ResourceSetInputProvider)
	if !ok {
		return nil
	}
	return r.setsWhere(ctx, provider, func(set *v1.ResourceSet) bool { return set.RefersTo(provider) })
}

// setsWhere returns those of the sets in the provider's namespace that it concerns.
func (r *Reconciler) setsWhere(ctx context.Context, provider *v1.ResourceSetInputProvider, isConcerned func(*v1.ResourceSet) bool) []reconcile.Request {
	var sets v1.ResourceSetList
	if err := r.Client.List(ctx, &sets, client.InNamespace(provider.Namespace), client.UnsafeDisableDeepCopy); err != nil { // they are only read
		ctrl.LoggerFrom(ctx).Error(err, "listing the ResourceSets that use a provider", "provider", client.ObjectKeyFromObject(provider))
		return nil
	}
	var requests []reconcile.Request
	for n := range sets.Items {
		if isConcerned(&sets.Items[n]) {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&sets.Items[n])})
		}
	}
	return requests
}
