package actors

import (
	"context"
	"fmt"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// helmRelease is the kind of Flux's helm-controller.
var helmRelease = schema.GroupVersionKind{Group: "helm.toolkit.fluxcd.io", Version: "v2", Kind: "HelmRelease"}

// Released claims that the HelmRelease of a preview is ready, and has deployed the
// commit of the pull request. The release, its Deployment and what Helm knows of it
// have the same name.
func (w *World) Released(name string, pr PullRequest) Claim {
	return Claim{fmt.Sprintf("the HelmRelease %s has deployed %s", name, pr.SHA), later, func(ctx context.Context) error {
		release := &unstructured.Unstructured{}
		release.SetGroupVersionKind(helmRelease)
		if err := w.Get(ctx, name, release); err != nil {
			return err
		}
		if result, err := status.Compute(release); err != nil || result.Status != status.CurrentStatus {
			return fmt.Errorf("the HelmRelease is %+v (%w)", result, err)
		}
		deployment := &appsv1.Deployment{}
		if err := w.Get(ctx, name, deployment); err != nil {
			return err
		}
		if got := deployment.Spec.Template.Annotations[CommitAnnotation]; got != pr.SHA {
			return fmt.Errorf("the Deployment is at the commit %q", got)
		}
		return nil
	}}
}

// Uninstalled claims that nothing is left of a release, neither in the cluster nor in
// what Helm keeps of it.
func (w *World) Uninstalled(name string) Claim {
	return Claim{"nothing is left of the HelmRelease " + name, later, func(ctx context.Context) error {
		release := &unstructured.Unstructured{}
		release.SetGroupVersionKind(helmRelease)
		for _, object := range []client.Object{release, &appsv1.Deployment{}} {
			if err := w.Get(ctx, name, object); !apierrors.IsNotFound(err) {
				return fmt.Errorf("%T %s is there still (%w)", object, name, err)
			}
		}
		secrets := &corev1.SecretList{}
		if err := w.Kube.List(ctx, secrets, client.InNamespace(Namespace), client.MatchingLabels{"owner": "helm", "name": name}); err != nil {
			return err
		}
		if len(secrets.Items) > 0 {
			return fmt.Errorf("%d Secrets of the release are there still", len(secrets.Items))
		}
		return nil
	}}
}
