package actors

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/apis/meta"
	appsv1 "k8s.io/api/apps/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// CommitAnnotation on the pod template starts a rollout with each push.
const CommitAnnotation = "app/commit-sha"

// InfraReady claims that what the previews share is deployed.
func (w *World) InfraReady() Claim {
	return Claim{"the Kustomization app-common-dev is ready", later, func(ctx context.Context) error {
		shared := w.Shared()
		if err := w.Kube.Get(ctx, client.ObjectKeyFromObject(shared), shared); err != nil {
			return err
		}
		return ready(shared, shared.Generation)
	}}
}

// PreviewsReady claims that the watcher and the templater have run.
func (w *World) PreviewsReady() Claim {
	return Claim{"the provider and the ResourceSet are ready", soon, func(ctx context.Context) error {
		provider, set := &v1.ResourceSetInputProvider{}, &v1.ResourceSet{}
		if err := errors.Join(w.Get(ctx, Provider, provider), w.Get(ctx, ResourceSet, set)); err != nil {
			return err
		}
		return errors.Join(ready(provider, provider.Generation), ready(set, set.Generation))
	}}
}

func (w *World) polled(token string) Claim {
	return Claim{"the watcher has looked at the forge", soon, func(ctx context.Context) error {
		provider := &v1.ResourceSetInputProvider{}
		if err := w.Get(ctx, Provider, provider); err != nil {
			return err
		}
		if got := provider.Status.LastHandledReconcileAt; got != token {
			return fmt.Errorf("status.lastHandledReconcileAt of the provider is %q, not %q", got, token)
		}
		return nil
	}}
}

// Exported claims that the watcher has made an input of the pull request.
func (w *World) Exported(pr PullRequest) Claim {
	return Claim{fmt.Sprintf("the watcher exports pull request %d at %s", pr.Number, pr.SHA), soon, func(ctx context.Context) error {
		inputs, err := w.Inputs(ctx)
		if err != nil {
			return err
		}
		if got, found := inputs[pr.ID()]; !found || got != pr.SHA {
			return fmt.Errorf("the provider exports {id: sha} %v", inputs)
		}
		return nil
	}}
}

// Templated claims that the pull request has a Kustomization at its commit.
func (w *World) Templated(pr PullRequest) Claim {
	return Claim{fmt.Sprintf("the Kustomization %s has the commit %s", pr.Kustomization(), pr.SHA), soon, func(ctx context.Context) error {
		ks := w.KustomizationOf(pr)
		if err := w.Kube.Get(ctx, client.ObjectKeyFromObject(ks), ks); err != nil {
			return err
		}
		if ks.Spec.PostBuild == nil || ks.Spec.PostBuild.Substitute["COMMIT_SHA"] != pr.SHA {
			return fmt.Errorf("its postBuild is %+v", ks.Spec.PostBuild)
		}
		return nil
	}}
}

// Applied claims that Flux has written the preview's Deployment, though it may
// not be done with the rest.
func (w *World) Applied(pr PullRequest) Claim {
	return Claim{fmt.Sprintf("the Deployment of pull request %d has the commit %s", pr.Number, pr.SHA), later, func(ctx context.Context) error {
		deployment := &appsv1.Deployment{}
		if err := w.Get(ctx, pr.Name("api-deployment"), deployment); err != nil {
			return err
		}
		if got := deployment.Spec.Template.Annotations[CommitAnnotation]; got != pr.SHA {
			return fmt.Errorf("the Deployment %s has the commit %q", deployment.Name, got)
		}
		return nil
	}}
}

// Deployed claims that Flux has deployed the pull request at its commit.
func (w *World) Deployed(pr PullRequest) Claim {
	return Claim{fmt.Sprintf("pull request %d is deployed at %s", pr.Number, pr.SHA), later, func(ctx context.Context) error {
		ks := w.KustomizationOf(pr)
		if err := errors.Join(w.Get(ctx, pr.Kustomization(), ks), w.Applied(pr).Check(ctx)); err != nil {
			return err
		}
		return ready(ks, ks.Generation)
	}}
}

// Told claims that the ResourceSet tells of the preview, and where it answers.
func (w *World) Told(pr PullRequest) Claim {
	return Claim{fmt.Sprintf("the ResourceSet tells the URL of pull request %d", pr.Number), later, func(ctx context.Context) error {
		set := &v1.ResourceSet{}
		if err := w.Get(ctx, ResourceSet, set); err != nil {
			return err
		}
		for _, preview := range set.Status.Previews {
			if preview.ID == pr.ID() && preview.Ready == metav1.ConditionTrue && preview.SHA == pr.SHA && preview.URL == pr.PublicURL() {
				return nil
			}
		}
		return fmt.Errorf("its previews are %+v", set.Status.Previews)
	}}
}

// Forgotten claims that the ResourceSet tells nothing of the pull request any more, and so
// no table does.
func (w *World) Forgotten(pr PullRequest) Claim {
	return Claim{fmt.Sprintf("the ResourceSet tells nothing of pull request %d", pr.Number), later, func(ctx context.Context) error {
		set := &v1.ResourceSet{}
		if err := w.Get(ctx, ResourceSet, set); err != nil {
			return err
		}
		if slices.ContainsFunc(set.Status.Previews, func(preview v1.PreviewStatus) bool { return preview.ID == pr.ID() }) {
			return fmt.Errorf("its previews are %+v", set.Status.Previews)
		}
		owns := func(entry v1.ResourceRef) bool { return strings.Contains(entry.ID, "_"+pr.Kustomization()+"_") }
		if set.Status.Inventory != nil && slices.ContainsFunc(set.Status.Inventory.Entries, owns) {
			return fmt.Errorf("it owns %+v", set.Status.Inventory.Entries)
		}
		return nil
	}}
}

// Absent claims that the pull request has neither a Kustomization nor anything
// that one would have deployed.
func (w *World) Absent(pr PullRequest) Claim {
	return Claim{fmt.Sprintf("nothing of pull request %d is in the cluster", pr.Number), later, func(ctx context.Context) error {
		var left []string
		err := w.Get(ctx, pr.Kustomization(), &kustomizev1.Kustomization{})
		if err == nil {
			left = append(left, "Kustomization "+pr.Kustomization())
		}
		if client.IgnoreNotFound(err) != nil {
			return err
		}
		objects, err := w.Objects(ctx, pr)
		if err != nil {
			return err
		}
		if left = append(left, objects...); len(left) > 0 {
			return fmt.Errorf("there is %s", strings.Join(left, ", "))
		}
		return nil
	}}
}

// Running claims that the preview's pods are ready, all of the new commit.
func (w *World) Running(pr PullRequest) Claim {
	return Claim{fmt.Sprintf("the pod of pull request %d is ready", pr.Number), later, func(ctx context.Context) error {
		deployment := &appsv1.Deployment{}
		if err := w.Get(ctx, pr.Name("api-deployment"), deployment); err != nil {
			return err
		}
		s := deployment.Status
		if s.ObservedGeneration != deployment.Generation || s.Replicas != 1 || s.UpdatedReplicas != 1 || s.ReadyReplicas != 1 {
			return fmt.Errorf("the Deployment %s has %d pods, %d of the new commit, %d ready", deployment.Name, s.Replicas, s.UpdatedReplicas, s.ReadyReplicas)
		}
		return nil
	}}
}

// Answers claims that the preview's URL shows the text.
func (w *World) Answers(pr PullRequest, text string) Claim {
	return Claim{fmt.Sprintf("%s answers with %q", pr.PublicURL(), text), soon, func(ctx context.Context) error {
		body, err := w.Visit(ctx, pr)
		if err == nil && !strings.Contains(body, text) {
			err = fmt.Errorf("it answers %q", body)
		}
		return err
	}}
}

// conditioned is an object that says how it is.
type conditioned interface {
	client.Object
	meta.ObjectWithConditions
}

// ready returns nil when the object is ready in its present generation.
func ready(object conditioned, generation int64) error {
	condition := apimeta.FindStatusCondition(object.GetConditions(), meta.ReadyCondition)
	switch {
	case condition == nil:
		return fmt.Errorf("%T %s has no condition Ready", object, object.GetName())
	case condition.Status != metav1.ConditionTrue || condition.ObservedGeneration != generation:
		return fmt.Errorf("%T %s: %s", object, object.GetName(), describe(*condition))
	}
	return nil
}

func describe(c metav1.Condition) string {
	return fmt.Sprintf("%s=%s %s %q (generation %d, %s ago)", c.Type, c.Status, c.Reason, c.Message,
		c.ObservedGeneration, time.Since(c.LastTransitionTime.Time).Round(time.Second))
}
