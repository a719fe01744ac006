package install

import (
	"context"
	"fmt"

	ssautil "github.com/fluxcd/pkg/ssa/utils"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/object"
)

const (
	nameLabel      = "app.kubernetes.io/name"
	componentLabel = "app.kubernetes.io/component"
	managerLabel   = "app.kubernetes.io/managed-by"
	// helmAnnotation names the release on each object that Helm has installed.
	helmAnnotation = "meta.helm.sh/release-name"
)

// Operators selects what belongs to operators, whoever has installed them. The
// definitions and what previews need are of other components: they stay.
func Operators() client.MatchingLabels {
	return client.MatchingLabels{nameLabel: "eddy", componentLabel: "operator"}
}

// accounts selects the accounts of previews and their rights.
func accounts() client.MatchingLabels {
	return client.MatchingLabels{nameLabel: "eddy", componentLabel: "previews"}
}

// ownNamespaces selects the rights of these accounts in namespaces that previews make,
// and what limits them.
func ownNamespaces() client.MatchingLabels {
	return client.MatchingLabels{nameLabel: "eddy", componentLabel: "own-namespaces"}
}

// kinds are those of a release that go when a plan does not have them any more.
var kinds = []schema.GroupVersionKind{
	{Group: "apps", Version: "v1", Kind: "Deployment"},
	{Group: "policy", Version: "v1", Kind: "PodDisruptionBudget"},
	{Group: "networking.k8s.io", Version: "v1", Kind: "NetworkPolicy"},
	{Group: "monitoring.coreos.com", Version: "v1", Kind: "ServiceMonitor"},
	{Group: "monitoring.coreos.com", Version: "v1", Kind: "PrometheusRule"},
	{Version: "v1", Kind: "ConfigMap"},
	{Version: "v1", Kind: "Service"},
	{Version: "v1", Kind: "ServiceAccount"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "RoleBinding"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "Role"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRoleBinding"},
	{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRole"},
	// After the right to make it again.
	{Group: "coordination.k8s.io", Version: "v1", Kind: "Lease"},
	// After the rights that they limit.
	{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingAdmissionPolicyBinding"},
	{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "ValidatingAdmissionPolicy"},
}

// mayInstall refuses where somebody else has installed the operator, and where
// it is in another namespace, as two would work on the same objects.
func (i *Installer) mayInstall(ctx context.Context, namespace string) error {
	deployments, err := i.list(ctx, kinds[0], Operators())
	if err != nil {
		return err
	}
	for _, found := range deployments {
		release, helm := found.GetAnnotations()[helmAnnotation]
		switch {
		case helm && found.GetNamespace() == namespace && found.GetName() == Release:
			return fmt.Errorf("namespace %s has the operator of the Helm release %q: upgrade it with Helm, or with the HelmRelease that made it", namespace, release)
		case !helm && found.GetNamespace() != namespace:
			return fmt.Errorf("the operator is installed in namespace %s: install it there with --namespace %s, or run `eddy uninstall` first",
				found.GetNamespace(), found.GetNamespace())
		}
	}
	rival, err := Rival(ctx, i.Client)
	if err != nil || rival == nil {
		return err
	}
	return fmt.Errorf("%s runs in namespace %s and works on the same objects: scale it down first (`kubectl -n %s scale deployment %s --replicas=0`); nothing is deleted by that",
		rival.Name, rival.Namespace, rival.Namespace, rival.Name)
}

// Rival returns the Deployment of a Flux Operator that runs and would fight with
// Eddy over the same objects; nil when there is none.
func Rival(ctx context.Context, reader client.Reader) (*appsv1.Deployment, error) {
	var found appsv1.DeploymentList
	if err := reader.List(ctx, &found, client.MatchingLabels{nameLabel: "flux-operator"}); err != nil {
		return nil, fmt.Errorf("looking for a Flux Operator: %w", err)
	}
	for n := range found.Items {
		if replicas := found.Items[n].Spec.Replicas; replicas == nil || *replicas > 0 {
			return &found.Items[n], nil
		}
	}
	return nil, nil
}

// prune deletes what is installed of a component and not wanted any more.
func (i *Installer) prune(ctx context.Context, component client.MatchingLabels, wanted []*unstructured.Unstructured) error {
	keep := map[object.Ref]bool{}
	for _, one := range wanted {
		keep[object.RefOf(one)] = true
	}
	for _, kind := range kinds {
		installed, err := i.list(ctx, kind, component)
		if err != nil {
			return err
		}
		for _, one := range installed {
			if keep[object.RefOf(one)] || one.GetLabels()[managerLabel] != managedBy {
				continue
			}
			uid := one.GetUID()
			err := i.Client.Delete(ctx, one, client.Preconditions{UID: &uid}, client.PropagationPolicy(metav1.DeletePropagationBackground))
			if client.IgnoreNotFound(err) != nil {
				return fmt.Errorf("deleting %s %s: %w", one.GetKind(), one.GetName(), err)
			}
			i.deleted++
			i.Tell("✔ %s deleted", ssautil.FmtUnstructured(one))
		}
	}
	return nil
}

// list returns the objects of a component that are of one kind; none where the cluster
// does not know the kind.
func (i *Installer) list(ctx context.Context, kind schema.GroupVersionKind, component client.MatchingLabels) ([]*unstructured.Unstructured, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
	err := i.Client.List(ctx, list, component)
	if meta.IsNoMatchError(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing what is installed of kind %s: %w", kind.Kind, err)
	}
	out := make([]*unstructured.Unstructured, 0, len(list.Items))
	for n := range list.Items {
		out = append(out, &list.Items[n])
	}
	return out, nil
}
