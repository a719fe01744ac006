package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Flock is a ResourceSet with many previews, whose inputs are written into the
// status of a provider that is suspended: any operator takes them from there,
// and none asks a forge.
type Flock struct {
	rig       *Rig
	Namespace string
}

// NewFlock creates a provider, which has found nothing, and a set that renders
// some resources, written as YAML, for each input.
func (r *Rig) NewFlock(ctx context.Context, resources string) (*Flock, error) {
	return r.newFlock(ctx, resources, metav1.ObjectMeta{})
}

// NewSuspendedFlock creates one that no operator works on.
func (r *Rig) NewSuspendedFlock(ctx context.Context, resources string) (*Flock, error) {
	return r.newFlock(ctx, resources, metav1.ObjectMeta{Annotations: map[string]string{v1.ReconcileAnnotation: v1.DisabledValue}})
}

// NewShardedFlock creates one that a shard works on.
func (r *Rig) NewShardedFlock(ctx context.Context, resources, key string) (*Flock, error) {
	return r.newFlock(ctx, resources, metav1.ObjectMeta{Labels: map[string]string{v1.ShardLabel: key}})
}

func (r *Rig) newFlock(ctx context.Context, resources string, marked metav1.ObjectMeta) (*Flock, error) {
	namespace, err := r.Namespace(ctx)
	if err != nil {
		return nil, err
	}
	flock := &Flock{rig: r, Namespace: namespace}
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{
		Name: "prs", Namespace: namespace, Annotations: map[string]string{v1.ReconcileAnnotation: v1.DisabledValue}, Labels: marked.Labels,
	}}
	provider.Spec.Type = v1.InputProviderStatic
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: namespace, Annotations: marked.Annotations, Labels: marked.Labels}}
	spec := "inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]\nresources:\n" + resources
	if err := yaml.UnmarshalStrict([]byte(spec), &set.Spec); err != nil {
		return nil, err
	}
	return flock, errors.Join(r.Client.Create(ctx, provider), r.Client.Create(ctx, set))
}

// Export makes the provider export an input for each id, with its commit.
func (f *Flock) Export(ctx context.Context, commits map[string]string) error {
	var inputs []v1.ResourceSetInput
	for _, id := range slices.Sorted(maps.Keys(commits)) {
		inputs = append(inputs, v1.ResourceSetInput{"id": text(id), "sha": text(commits[id])})
	}
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		provider := &v1.ResourceSetInputProvider{}
		if err := f.rig.Client.Get(ctx, client.ObjectKey{Namespace: f.Namespace, Name: "prs"}, provider); err != nil {
			return err
		}
		provider.Status.ExportedInputs = inputs
		provider.Status.LastExportedRevision = "sha256:" + time.Now().Format(time.RFC3339Nano)
		return f.rig.Client.Status().Update(ctx, provider)
	})
}

func text(value string) *apiextensionsv1.JSON {
	raw, _ := json.Marshal(value) // a string is always JSON
	return &apiextensionsv1.JSON{Raw: raw}
}

// Set returns the set as it is now.
func (f *Flock) Set(ctx context.Context) (*v1.ResourceSet, error) {
	set := &v1.ResourceSet{}
	return set, f.rig.Client.Get(ctx, client.ObjectKey{Namespace: f.Namespace, Name: "previews"}, set)
}

// Delete takes the set and its provider away. The operator that serves them has
// to be running.
func (f *Flock) Delete(ctx context.Context) error {
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: f.Namespace}}
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: f.Namespace}}
	return errors.Join(f.rig.Client.Delete(ctx, set), f.rig.Client.Delete(ctx, provider))
}

// Name is the set without anything but its name.
func (f *Flock) Name() *metav1.PartialObjectMetadata {
	set := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: f.Namespace, Name: "previews"}}
	set.SetGroupVersionKind(v1.GroupVersion.WithKind(v1.ResourceSetKind))
	return set
}

// Request asks for a run, and reads nothing of a set that may be large.
func (f *Flock) Request(ctx context.Context) error {
	patch := fmt.Sprintf(`{"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": %q}}}`, time.Now().Format(time.RFC3339Nano))
	return f.rig.Client.Patch(ctx, f.Name(), client.RawPatch(types.MergePatchType, []byte(patch)))
}

// Objects lists what the set owns of a kind, by name.
func (f *Flock) Objects(ctx context.Context, apiVersion, kind string) (map[string]unstructured.Unstructured, error) {
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(apiVersion)
	list.SetKind(kind + "List")
	err := f.rig.Client.List(ctx, list, client.InNamespace(f.Namespace), client.MatchingLabels{v1.OwnerLabelPrefix + "/name": "previews"})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", kind, err)
	}
	out := make(map[string]unstructured.Unstructured, len(list.Items))
	for _, item := range list.Items {
		out[item.GetName()] = item
	}
	return out, nil
}
