package install_test

import (
	"context"
	"errors"
	"testing"
	"time"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	appsv1 "k8s.io/api/apps/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/overlay"
)

// finalizer is Flux's: what was deployed is pruned before a Kustomization goes.
const finalizer = "finalizers.fluxcd.io"

// playControllers stands in, until the test ends, for what is not here: pods run as soon
// as they are asked for, and Flux deploys a repository.
func playControllers(t *testing.T, repository string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = errors.Join(runDeployments(ctx), reckonBudgets(ctx), deployAll(ctx, repository)) // or it is tried again
			time.Sleep(200 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// runDeployments says that all of them run.
func runDeployments(ctx context.Context) error {
	var list appsv1.DeploymentList
	err := server.Client.List(ctx, &list)
	for n := range list.Items {
		one := &list.Items[n]
		if one.Status.ObservedGeneration == one.Generation && one.Status.AvailableReplicas == *one.Spec.Replicas {
			continue
		}
		count := *one.Spec.Replicas
		one.Status = appsv1.DeploymentStatus{
			ObservedGeneration: one.Generation, Replicas: count, UpdatedReplicas: count, ReadyReplicas: count, AvailableReplicas: count,
			Conditions: []appsv1.DeploymentCondition{
				{Type: appsv1.DeploymentAvailable, Status: "True"},
				{Type: appsv1.DeploymentProgressing, Status: "True", Reason: "NewReplicaSetAvailable"},
			},
		}
		err = errors.Join(err, server.Client.Status().Update(ctx, one))
	}
	return err
}

// reckonBudgets says that pods may be disrupted.
func reckonBudgets(ctx context.Context) error {
	var list policyv1.PodDisruptionBudgetList
	err := server.Client.List(ctx, &list)
	for n := range list.Items {
		one := &list.Items[n]
		if one.Status.ObservedGeneration == one.Generation {
			continue
		}
		one.Status = policyv1.PodDisruptionBudgetStatus{ObservedGeneration: one.Generation, CurrentHealthy: 2, DesiredHealthy: 1, ExpectedPods: 2, DisruptionsAllowed: 1}
		err = errors.Join(err, server.Client.Status().Update(ctx, one))
	}
	return err
}

// kustomization is one of Flux that deploys a path.
func kustomization(name, path string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
		"metadata": map[string]any{"name": name, "namespace": "flux-system"},
		"spec": map[string]any{
			"interval": "10m", "prune": true, "path": path, "sourceRef": map[string]any{"kind": "GitRepository", "name": "flux-system"},
		},
	}}
}

// deployAll does for each Kustomization what Flux does.
func deployAll(ctx context.Context, repository string) error {
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion("kustomize.toolkit.fluxcd.io/v1")
	list.SetKind("KustomizationList")
	err := server.Client.List(ctx, list)
	for n := range list.Items {
		one := kustomizev1.Kustomization{}
		if runtime.DefaultUnstructuredConverter.FromUnstructured(list.Items[n].Object, &one) != nil {
			continue
		}
		switch {
		case one.DeletionTimestamp != nil:
			err = errors.Join(err, prune(ctx, &one, &list.Items[n]))
		case one.Status.ObservedGeneration != one.Generation:
			err = errors.Join(err, deploy(ctx, repository, one, &list.Items[n]))
		}
	}
	return err
}

// deploy applies what one makes of its path, under the name of Flux and with its labels.
func deploy(ctx context.Context, repository string, ks kustomizev1.Kustomization, stored *unstructured.Unstructured) error {
	if controllerutil.AddFinalizer(stored, finalizer) {
		return server.Client.Update(ctx, stored)
	}
	built, err := overlay.Build(ctx, repository, ks.Spec.Path, ks)
	if err != nil {
		return err
	}
	ks.Status.Inventory = &kustomizev1.ResourceInventory{}
	for _, o := range built.Objects {
		labels := o.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		labels["kustomize.toolkit.fluxcd.io/name"], labels["kustomize.toolkit.fluxcd.io/namespace"] = ks.Name, ks.Namespace
		o.SetLabels(labels)
		if err := server.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(o), client.FieldOwner("kustomize-controller"), client.ForceOwnership); err != nil {
			return err
		}
		ks.Status.Inventory.Entries = append(ks.Status.Inventory.Entries, kustomizev1.ResourceRef{ID: object.RefOf(o).ID(), Version: o.GroupVersionKind().Version})
	}
	ks.Status.ObservedGeneration, ks.Status.LastAppliedRevision = ks.Generation, "main@sha1:1"
	ks.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: metav1.ConditionTrue, Reason: "ReconciliationSucceeded", Message: "Applied revision: main@sha1:1", LastTransitionTime: metav1.Now(), ObservedGeneration: ks.Generation}}
	status, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&ks)
	if err != nil {
		return err
	}
	stored.Object["status"] = status["status"]
	return server.Client.Status().Update(ctx, stored)
}

// prune deletes what was deployed, and lets the Kustomization go.
func prune(ctx context.Context, ks *kustomizev1.Kustomization, stored *unstructured.Unstructured) error {
	if ks.Status.Inventory != nil {
		for _, entry := range ks.Status.Inventory.Entries {
			id, err := object.ParseID(entry.ID)
			if err != nil {
				return err
			}
			gone := &unstructured.Unstructured{}
			gone.SetGroupVersionKind(id.GroupKind().WithVersion(entry.Version))
			gone.SetNamespace(id.Namespace)
			gone.SetName(id.Name)
			if err := server.Client.Delete(ctx, gone); err != nil && !apierrors.IsNotFound(err) {
				return err
			}
		}
	}
	controllerutil.RemoveFinalizer(stored, finalizer)
	return server.Client.Update(ctx, stored)
}
