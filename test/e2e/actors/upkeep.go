package actors

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fluxcd/pkg/apis/meta"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Retried claims that Flux has handled a request on the preview's Kustomization.
func (w *World) Retried(pr PullRequest, token string) Claim {
	return Claim{"Flux has reconciled " + pr.Kustomization(), soon, func(ctx context.Context) error {
		ks := w.KustomizationOf(pr)
		if err := w.Get(ctx, ks.Name, ks); err != nil {
			return err
		}
		if got := ks.Status.GetLastHandledReconcileRequest(); got != token {
			return fmt.Errorf("the last request that it handled is %q", got)
		}
		return nil
	}}
}

// Renewed claims that the preview has a Kustomization, and not the one of
// before.
func (w *World) Renewed(pr PullRequest, before types.UID) Claim {
	return Claim{"there is a new Kustomization " + pr.Kustomization(), soon, func(ctx context.Context) error {
		ks := w.KustomizationOf(pr)
		if err := w.Get(ctx, ks.Name, ks); err != nil {
			return err
		}
		if ks.UID == before {
			return errors.New("it is the one of before")
		}
		return nil
	}}
}

// InfraBroken claims that Flux cannot deploy what the previews share.
func (w *World) InfraBroken() Claim {
	return Claim{"the Kustomization app-common-dev is not ready", soon, func(ctx context.Context) error {
		shared := w.Shared()
		if err := w.Kube.Get(ctx, client.ObjectKeyFromObject(shared), shared); err != nil {
			return err
		}
		if !apimeta.IsStatusConditionFalse(shared.Status.Conditions, meta.ReadyCondition) {
			return errors.New("it is")
		}
		return nil
	}}
}

// Held claims that Flux holds the preview back until what it depends on is
// ready, with nothing deployed.
func (w *World) Held(pr PullRequest) Claim {
	return Claim{pr.Kustomization() + " waits for " + SharedInfra, soon, func(ctx context.Context) error {
		ks := w.KustomizationOf(pr)
		if err := w.Get(ctx, ks.Name, ks); err != nil {
			return err
		}
		objects, err := w.Objects(ctx, pr)
		if err != nil || len(objects) > 0 {
			return errors.Join(err, fmt.Errorf("deployed are: %s", strings.Join(objects, ", ")))
		}
		condition := apimeta.FindStatusCondition(ks.Status.Conditions, meta.ReadyCondition)
		if condition == nil || condition.Status != metav1.ConditionFalse || condition.Reason != meta.DependencyNotReadyReason {
			return fmt.Errorf("its conditions are %+v", ks.Status.Conditions)
		}
		return nil
	}}
}

// NoPreviews claims that the ResourceSet has no Kustomization left.
func (w *World) NoPreviews() Claim {
	return Claim{"no preview is left", later, func(ctx context.Context) error {
		previews, err := w.Previews(ctx)
		if err == nil && len(previews) > 0 {
			err = fmt.Errorf("there are %d, among them %s", len(previews), previews[0].Name)
		}
		return err
	}}
}

// Removed claims that an object is no longer there.
func (w *World) Removed(name string, object client.Object) Claim {
	return Claim{fmt.Sprintf("there is no %T %s", object, name), soon, func(ctx context.Context) error {
		err := w.Get(ctx, name, object)
		if err == nil {
			return errors.New("it is there")
		}
		if apierrors.IsNotFound(err) {
			return nil
		}
		return err
	}}
}
