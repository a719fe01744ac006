package templater

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
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
	changed := predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{})
	var err error
	if r.drift, err = newDrift(mgr, r.Kinds, r.Namespaces); err != nil {
		return err
	}
	if err := r.watchConfigs(mgr); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(&v1.ResourceSet{}, builder.WithPredicates(turns.Gone())).
		Watches(&v1.ResourceSet{}, r.Asked.Handler(), builder.WithPredicates(changed)).
		Watches(&v1.ResourceSetInputProvider{},
			handler.EnqueueRequestsFromMapFunc(r.setsOf),
			builder.WithPredicates(predicate.Or(exportChanged(), predicate.LabelChangedPredicate{}))).
		WatchesRawSource(r.Turns).
		WatchesRawSource(source.Channel(r.drift.events, &handler.EnqueueRequestForObject{})).
		WithOptions(options).
		Complete(r)
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

// setsOf returns the sets in the provider's namespace that refer to it.
func (r *Reconciler) setsOf(ctx context.Context, object client.Object) []reconcile.Request {
	provider, ok := object.(*v1.ResourceSetInputProvider)
	if !ok {
		return nil
	}
	var sets v1.ResourceSetList
	if err := r.Client.List(ctx, &sets, client.InNamespace(provider.Namespace)); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "listing the ResourceSets that use a provider", "provider", client.ObjectKeyFromObject(provider))
		return nil
	}
	var requests []reconcile.Request
	for _, set := range sets.Items {
		if set.RefersTo(provider) {
			requests = append(requests, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: set.Namespace, Name: set.Name}})
		}
	}
	return requests
}
