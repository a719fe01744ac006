package install

import (
	"context"
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// narrow takes rights in namespaces of their own away from those whom a plan does not name
// any more: the policy that comes with it, and before its rights, does not hold them.
func (i *Installer) narrow(ctx context.Context, wanted []*unstructured.Unstructured) error {
	own := labels.SelectorFromSet(labels.Set(ownNamespaces()))
	for _, one := range wanted {
		if one.GetKind() != "ClusterRoleBinding" || !own.Matches(labels.Set(one.GetLabels())) {
			continue
		}
		var next, is rbacv1.ClusterRoleBinding
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(one.Object, &next); err != nil {
			return fmt.Errorf("reading ClusterRoleBinding %s of the chart: %w", one.GetName(), err)
		}
		err := i.Client.Get(ctx, client.ObjectKeyFromObject(&next), &is)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading ClusterRoleBinding %s: %w", next.Name, err)
		}
		before := len(is.Subjects)
		is.Subjects = slices.DeleteFunc(is.Subjects, func(s rbacv1.Subject) bool { return !slices.Contains(next.Subjects, s) })
		if len(is.Subjects) == before {
			continue
		}
		if err := i.Client.Update(ctx, &is, client.FieldOwner(fieldManager)); err != nil {
			return fmt.Errorf("taking away rights by ClusterRoleBinding %s: %w", next.Name, err)
		}
		i.Tell("✔ ClusterRoleBinding/%s narrowed", next.Name)
	}
	return nil
}
