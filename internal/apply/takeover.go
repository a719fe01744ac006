package apply

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fluxcd/pkg/ssa"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/flux"
)

// predecessors are the field managers whose fields are taken over: those of
// people's tools, whose edits are to be undone, and of operators that may have
// looked after the object before.
func predecessors(overridden []string) []ssa.FieldManager {
	managers := []ssa.FieldManager{
		{Name: "flux-operator", ExactMatch: true, OperationType: metav1.ManagedFieldsOperationApply},
		{Name: "flux-operator", ExactMatch: true, OperationType: metav1.ManagedFieldsOperationUpdate},
		{Name: "kustomize-controller", ExactMatch: true, OperationType: metav1.ManagedFieldsOperationApply},
		{Name: "helm", ExactMatch: true, OperationType: metav1.ManagedFieldsOperationUpdate},
		{Name: "before-first-apply", ExactMatch: true, OperationType: metav1.ManagedFieldsOperationUpdate},
		{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationApply},
		{Name: "kubectl", OperationType: metav1.ManagedFieldsOperationUpdate},
	}
	for _, name := range overridden {
		for _, operation := range []metav1.ManagedFieldsOperationType{
			metav1.ManagedFieldsOperationApply, metav1.ManagedFieldsOperationUpdate,
		} {
			managers = append(managers, ssa.FieldManager{Name: name, ExactMatch: true, OperationType: operation})
		}
	}
	return managers
}

// staleAnnotations are what predecessors leave behind, as are the labels of Flux.
var staleAnnotations = []string{
	"kubectl.kubernetes.io/last-applied-configuration", "meta.helm.sh/release-name", "meta.helm.sh/release-namespace",
}

// takeover returns the patches that make a stored object the manager's alone:
// nil when nobody came before it.
func (a *Applier) takeover(want, stored *unstructured.Unstructured) ([]ssa.JSONPatch, error) {
	patches, err := ssa.PatchReplaceFieldsManagers(stored, predecessors(a.Overridden), a.FieldManager)
	if err != nil {
		return nil, fmt.Errorf("reading its managed fields: %w", err)
	}
	patches = append(patches, ssa.PatchRemoveAnnotations(stored, unwantedKeys(staleAnnotations, want.GetAnnotations()))...)
	return append(patches, ssa.PatchRemoveLabels(stored, unwantedKeys(flux.KustomizationLabels(), want.GetLabels()))...), nil
}

func unwantedKeys(stale []string, wanted map[string]string) []string {
	return slices.DeleteFunc(slices.Clone(stale), func(key string) bool { _, ok := wanted[key]; return ok })
}

// inherits reports whether a stored object has fields to be taken over.
func (a *Applier) inherits(want, stored *unstructured.Unstructured) bool {
	patches, err := a.takeover(want, stored)
	return err != nil || len(patches) > 0
}

// disown takes over the fields of an object's predecessors. The next apply then
// removes those that are not wanted. The patch holds for the very version that
// was seen.
func (a *Applier) disown(ctx context.Context, stored *unstructured.Unstructured, patches []ssa.JSONPatch) error {
	operations := []any{map[string]any{"op": "test", "path": "/metadata/resourceVersion", "value": stored.GetResourceVersion()}}
	for _, patch := range patches {
		operations = append(operations, patch)
	}
	body, err := json.Marshal(operations)
	if err != nil {
		return err
	}
	err = a.Client.Patch(ctx, stored.DeepCopy(), client.RawPatch(types.JSONPatchType, body), client.FieldOwner(a.FieldManager))
	if err != nil {
		return fmt.Errorf("taking over the fields of its former managers: %w", err)
	}
	return nil
}
