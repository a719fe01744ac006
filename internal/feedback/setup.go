package feedback

import (
	"context"
	"reflect"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// gather is how long it is waited after a change for those that come with it.
const gather = 300 * time.Millisecond

// SetupWithManager wakes the controller when a provider or a set says something else
// of a preview, and when a Secret changes that it tells with.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	built := ctrl.NewControllerManagedBy(mgr).Named("feedback").
		Watches(&v1.ResourceSetInputProvider{}, r.waking(r.ofProvider)).
		Watches(&v1.ResourceSetInputProvider{}, r.moving()).
		Watches(&v1.ResourceSet{}, r.waking(r.ofSet)).
		WithOptions(options)
	if watch := r.Credentials.Watch; watch != nil {
		if err := mgr.Add(watch); err != nil {
			return err
		}
		built = built.WatchesRawSource(source.Channel(watch.Events(), &handler.EnqueueRequestForObject{}))
	}
	return built.Complete(r)
}

// queue is that of a controller.
type queue = workqueue.TypedRateLimitingInterface[ctrl.Request]

// wake wakes providers in a moment.
func wake(whom []types.NamespacedName, queue queue) {
	for _, one := range whom {
		queue.AddAfter(ctrl.Request{NamespacedName: one}, gather)
	}
}

// waking wakes those that a function names, once for changes that come together. What
// changes nothing of a preview wakes nobody, and so not what this controller writes.
func (r *Reconciler) waking(whom func(context.Context, client.Object) []types.NamespacedName) handler.EventHandler {
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, queue queue) {
			wake(whom(ctx, e.Object), queue)
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, queue queue) {
			wake(whom(ctx, e.Object), queue)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, queue queue) {
			if saysElse(e.ObjectOld, e.ObjectNew) {
				wake(whom(ctx, e.ObjectOld), queue)
				wake(whom(ctx, e.ObjectNew), queue)
			}
		},
	}
}

// saysElse reports whether an object says something else of previews than before.
func saysElse(before, after client.Object) bool {
	if before.GetGeneration() != after.GetGeneration() || !reflect.DeepEqual(before.GetAnnotations(), after.GetAnnotations()) {
		return true
	}
	switch is := after.(type) {
	case *v1.ResourceSetInputProvider:
		was, ok := before.(*v1.ResourceSetInputProvider)
		return !ok || was.Status.LastExportedRevision != is.Status.LastExportedRevision || !reflect.DeepEqual(was.Status.Held, is.Status.Held) ||
			!reflect.DeepEqual(was.Status.ExportedInputs, is.Status.ExportedInputs)
	case *v1.ResourceSet:
		was, ok := before.(*v1.ResourceSet)
		return !ok || !reflect.DeepEqual(was.Status.Previews, is.Status.Previews) || !reflect.DeepEqual(was.Status.Inventory, is.Status.Inventory) ||
			!reflect.DeepEqual(was.Status.Conditions, is.Status.Conditions)
	default:
		return true
	}
}

// ofProvider are the provider that tells the requests of a repository, and, to give up
// what it told, the one that changed.
func (r *Reconciler) ofProvider(ctx context.Context, object client.Object) []types.NamespacedName {
	provider, ok := object.(*v1.ResourceSetInputProvider)
	if !ok || provider.Spec.Feedback == nil && len(provider.Status.Feedback) == 0 &&
		apimeta.FindStatusCondition(provider.Status.Conditions, v1.FeedbackReadyCondition) == nil {
		return nil
	}
	return append(r.first(ctx, provider.Namespace, func(one *v1.ResourceSetInputProvider) bool {
		return len(group(provider, []v1.ResourceSetInputProvider{*one})) > 0
	}), client.ObjectKeyFromObject(provider))
}

// ofSet are those that tell the requests of the repositories that a set has its inputs
// from.
func (r *Reconciler) ofSet(ctx context.Context, object client.Object) []types.NamespacedName {
	set, ok := object.(*v1.ResourceSet)
	if !ok {
		return nil
	}
	return r.first(ctx, set.Namespace, set.RefersTo)
}

// first are the first providers of the groups of which some fit.
func (r *Reconciler) first(ctx context.Context, namespace string, fits func(*v1.ResourceSetInputProvider) bool) []types.NamespacedName {
	var all v1.ResourceSetInputProviderList
	if err := r.Client.List(ctx, &all, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil { // they are only read
		ctrl.LoggerFrom(ctx).Error(err, "listing the providers that tell requests", "namespace", namespace)
		return nil
	}
	seen := map[types.NamespacedName]bool{}
	var out []types.NamespacedName
	for n := range all.Items {
		one := &all.Items[n]
		if one.Spec.Feedback == nil || !fits(one) {
			continue
		}
		together := group(one, all.Items)
		if len(together) == 0 { // it is being deleted
			continue
		}
		name := client.ObjectKeyFromObject(&together[0])
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}
