package actors

import (
	"context"
	"fmt"
	"time"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Apply does what kubectl apply --server-side does with documents of YAML.
func (w *World) Apply(ctx context.Context, documents ...string) error {
	for _, document := range documents {
		if err := w.apply(ctx, document); err != nil {
			return err
		}
	}
	return nil
}

// apply does what kubectl apply --server-side does with one YAML document.
func (w *World) apply(ctx context.Context, text string) error {
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		return fmt.Errorf("reading YAML: %w\n%s", err, text)
	}
	err := w.Kube.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner("e2e"), client.ForceOwnership)
	if err != nil {
		return fmt.Errorf("applying %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	return nil
}

// Poll lets the watcher look at the forge, as it does by itself every five
// minutes, and returns once it has.
func (w *World) Poll(ctx context.Context) error {
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: Provider, Namespace: Namespace}}
	token, err := w.Request(ctx, provider)
	if err != nil {
		return err
	}
	return w.Wait(ctx, w.polled(token))
}

// Request asks a controller to reconcile an object now, and returns the token
// that it notes in the status once it has.
func (w *World) Request(ctx context.Context, object client.Object) (string, error) {
	token := time.Now().Format(time.RFC3339Nano)
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, meta.ReconcileRequestAnnotation, token)
	return token, w.Patch(ctx, object, patch)
}

// Patch changes an object by a JSON merge patch.
func (w *World) Patch(ctx context.Context, object client.Object, patch string) error {
	err := w.Kube.Patch(ctx, object, client.RawPatch("application/merge-patch+json", []byte(patch)))
	if err != nil {
		return fmt.Errorf("patching %T %s: %w", object, client.ObjectKeyFromObject(object), err)
	}
	return nil
}

// Shared returns the Kustomization of what the previews share.
func (w *World) Shared() *kustomizev1.Kustomization {
	return &kustomizev1.Kustomization{ObjectMeta: metav1.ObjectMeta{Name: SharedInfra, Namespace: FluxNamespace}}
}

// Set returns the ResourceSet, not yet read.
func (w *World) Set() *v1.ResourceSet {
	return &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: ResourceSet, Namespace: Namespace}}
}

// KustomizationOf returns the Kustomization of a preview, not yet read.
func (w *World) KustomizationOf(pr PullRequest) *kustomizev1.Kustomization {
	return &kustomizev1.Kustomization{ObjectMeta: metav1.ObjectMeta{Name: pr.Kustomization(), Namespace: Namespace}}
}

// Get reads an object by its name in the previews' namespace.
func (w *World) Get(ctx context.Context, name string, into client.Object) error {
	return w.Kube.Get(ctx, client.ObjectKey{Namespace: Namespace, Name: name}, into)
}

// Previews lists the Kustomizations that the ResourceSet has made.
func (w *World) Previews(ctx context.Context) ([]kustomizev1.Kustomization, error) {
	list := &kustomizev1.KustomizationList{}
	err := w.Kube.List(ctx, list, client.InNamespace(Namespace), client.MatchingLabels{
		"resourceset.fluxcd.controlplane.io/name":      ResourceSet,
		"resourceset.fluxcd.controlplane.io/namespace": Namespace,
	})
	return list.Items, err
}
