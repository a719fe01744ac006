package install

import (
	"context"
	"errors"
	"fmt"

	ssautil "github.com/fluxcd/pkg/ssa/utils"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/few"
	"github.com/eddy-previews/eddy/internal/flux"
)

// Uninstall takes out the operator that Install has installed. The previews stay
// as they are and are not looked after any more.
func (i *Installer) Uninstall(ctx context.Context) error {
	deployments, err := i.list(ctx, kinds[0], Operators())
	if err != nil {
		return err
	}
	for _, found := range deployments {
		if release, helm := found.GetAnnotations()[helmAnnotation]; helm {
			return fmt.Errorf("namespace %s has the operator of the Helm release %q: run `helm uninstall %s -n %s`, or delete its HelmRelease",
				found.GetNamespace(), release, release, found.GetNamespace())
		}
	}
	if err := i.prune(ctx, Operators(), nil); err != nil || i.deleted > 0 {
		return err
	}
	i.Tell("there is no operator of `eddy install` in the cluster: nothing was taken out")
	return nil
}

// UninstallRest deletes what Uninstall leaves for the previews of Install's operator: the
// definitions of the kinds, and the accounts with their rights. It refuses while there are
// objects of the kinds: deleting such an object takes previews down, which is for the
// operator to do and for a person to ask for.
func (i *Installer) UninstallRest(ctx context.Context) error {
	if err := i.Unused(ctx); err != nil {
		return err
	}
	definitions := &unstructured.UnstructuredList{}
	definitions.SetGroupVersionKind(definitionKind.GroupVersion().WithKind(definitionKind.Kind + "List"))
	if err := i.Client.List(ctx, definitions, client.MatchingLabels{nameLabel: "eddy", managerLabel: managedBy}); err != nil {
		return fmt.Errorf("listing the definitions: %w", err)
	}
	var failed []error
	for n := range definitions.Items {
		definition := &definitions.Items[n]
		if err := i.Client.Delete(ctx, definition); client.IgnoreNotFound(err) != nil {
			failed = append(failed, fmt.Errorf("deleting %s: %w", definition.GetName(), err))
			continue
		}
		i.Tell("✔ %s deleted", ssautil.FmtUnstructured(definition))
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if err := i.prune(ctx, accounts(), nil); err != nil {
		return err
	}
	return i.prune(ctx, ownNamespaces(), nil)
}

// Unused is an error while there are objects of Eddy's kinds, or while Flux applies
// something as an account that would go with them.
func (i *Installer) Unused(ctx context.Context) error {
	for _, kind := range []string{v1.ResourceSetKind, v1.ResourceSetInputProviderKind} {
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(v1.GroupVersion.WithKind(kind + "List"))
		err := i.Client.List(ctx, list)
		if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return fmt.Errorf("looking for objects of kind %s: %w", kind, err)
		}
		if count := len(list.Items); count > 0 {
			return fmt.Errorf("the definitions stay: there are %d objects of kind %s; delete them while the operator runs, which takes their previews down, and come back then", count, kind)
		}
	}
	return i.unnamed(ctx)
}

// going are the accounts that go with the rest, and those that lose their rights with it:
// one that was made anew by hand bears no label, and is bound to them by its name.
func (i *Installer) going(ctx context.Context) (map[client.ObjectKey]bool, error) {
	labelled, err := i.list(ctx, corev1.SchemeGroupVersion.WithKind("ServiceAccount"), accounts())
	if err != nil {
		return nil, err
	}
	out := map[client.ObjectKey]bool{}
	for _, account := range labelled {
		if account.GetLabels()[managerLabel] == managedBy {
			out[client.ObjectKeyFromObject(account)] = true
		}
	}
	var bindings rbacv1.RoleBindingList
	if err := i.Client.List(ctx, &bindings, accounts(), client.MatchingLabels{managerLabel: managedBy}); err != nil {
		return nil, fmt.Errorf("listing the rights of previews: %w", err)
	}
	for _, binding := range bindings.Items {
		for _, subject := range binding.Subjects {
			if subject.Kind == rbacv1.ServiceAccountKind {
				out[client.ObjectKey{Namespace: subject.Namespace, Name: subject.Name}] = true
			}
		}
	}
	return out, nil
}

// maxUsers is how many objects an error names.
const maxUsers = 5

// unnamed is an error while something that outlives its set names an account of previews:
// without it, Flux could neither apply it nor take down what it has deployed.
func (i *Installer) unnamed(ctx context.Context) error {
	going, err := i.going(ctx)
	if err != nil || len(going) == 0 {
		return err
	}
	var users []string
	for _, kind := range []schema.GroupVersionKind{flux.Kustomization(), flux.HelmRelease()} {
		deployers, err := i.list(ctx, kind, nil)
		if err != nil {
			return err
		}
		for _, one := range deployers {
			name, _, _ := unstructured.NestedString(one.Object, "spec", "serviceAccountName") // it names none where it is no text
			if going[client.ObjectKey{Namespace: one.GetNamespace(), Name: name}] {
				users = append(users, ssautil.FmtUnstructured(one))
			}
		}
	}
	if len(users) == 0 {
		return nil
	}
	return fmt.Errorf("the accounts of previews stay: Flux applies %s as one of them, and could not take down what it deployed without it; delete it, or name another account in its spec.serviceAccountName, and come back then",
		few.Of(users, maxUsers, ", "))
}

// definitionKind is the kind of a definition.
var definitionKind = schema.GroupVersionKind{Group: apiextensionsv1.GroupName, Version: "v1", Kind: "CustomResourceDefinition"}
