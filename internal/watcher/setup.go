package watcher

import (
	"context"
	"sync"

	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	"k8s.io/apimachinery/pkg/labels"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/turns"
)

// SetupWithManager starts a run when a provider's spec or any of its
// annotations changes, when a Secret does that it refers to, when an
// ExternalArtifact does that it selects, and when its turn to ask its host has
// come. Who asks often is answered together: see turns.Asked.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	changed := predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}, predicate.Funcs{UpdateFunc: r.entered})
	built := ctrl.NewControllerManagedBy(mgr).
		For(&v1.ResourceSetInputProvider{}, builder.WithPredicates(turns.Gone())).
		Watches(&v1.ResourceSetInputProvider{}, r.Asked.Handler(), builder.WithPredicates(changed)).
		WatchesRawSource(r.Turns).
		WithOptions(options)
	if watch := r.Credentials.Watch; watch != nil {
		if err := mgr.Add(watch); err != nil {
			return err
		}
		built = built.WatchesRawSource(source.Channel(watch.Events(), r.Asked.Handler()))
	}
	running, err := built.Build(r)
	if err != nil {
		return err
	}
	r.artifacts = sync.OnceValue(func() error {
		return running.Watch(source.Kind[client.Object](mgr.GetCache(), &sourcev1.ExternalArtifact{},
			r.Asked.Map(r.selecting), artifactChanged()))
	})
	return nil
}

// entered passes a provider that was another shard's before.
func (r *Reconciler) entered(e event.UpdateEvent) bool {
	return r.Selector != nil && !r.Selector.Matches(labels.Set(e.ObjectOld.GetLabels())) && r.Selector.Matches(labels.Set(e.ObjectNew.GetLabels()))
}

// watchArtifacts follows ExternalArtifacts from the first provider on that
// selects any: a cluster without them, or without their definition, pays
// nothing. Where the definition is missing, it is waited for.
func (r *Reconciler) watchArtifacts(ctx context.Context) {
	if r.artifacts == nil {
		return
	}
	if err := r.artifacts(); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "watching ExternalArtifacts; they are listed at the interval")
	}
}

// artifactChanged passes an artifact that came, went, or would be exported as
// something else.
func artifactChanged() predicate.Predicate {
	return predicate.Or[client.Object](predicate.LabelChangedPredicate{}, predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, ok := e.ObjectOld.(*sourcev1.ExternalArtifact)
			after, okAfter := e.ObjectNew.(*sourcev1.ExternalArtifact)
			return ok && okAfter && revisionOf(before) != revisionOf(after)
		},
	})
}

func revisionOf(artifact *sourcev1.ExternalArtifact) string {
	if artifact.Status.Artifact == nil {
		return ""
	}
	return artifact.Status.Artifact.Revision
}

// selecting returns the providers that select an artifact.
func (r *Reconciler) selecting(ctx context.Context, artifact client.Object) []reconcile.Request {
	var providers v1.ResourceSetInputProviderList
	if err := r.Client.List(ctx, &providers); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "listing the providers that select an ExternalArtifact", "artifact", client.ObjectKeyFromObject(artifact))
		return nil
	}
	var requests []reconcile.Request
	for n := range providers.Items {
		if credential.Selects(&providers.Items[n], artifact) {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&providers.Items[n])})
		}
	}
	return requests
}
