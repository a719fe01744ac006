package check

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/install"
)

// accounts checks that the accounts that ResourceSets are applied as are there,
// and that an operator may act as them.
func accounts(ctx context.Context, c *Cluster) ([]Result, error) {
	var operators appsv1.DeploymentList
	if err := c.Client.List(ctx, &operators, install.Operators()); err != nil {
		return nil, fmt.Errorf("looking for the operator: %w", err)
	}
	var sets v1.ResourceSetList
	err := c.Client.List(ctx, &sets)
	if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) || len(operators.Items) != 1 {
		return nil, nil // it is reported already, or not known which one looks after what
	}
	if err != nil {
		return nil, fmt.Errorf("looking at ResourceSets: %w", err)
	}
	operator := &operators.Items[0]
	used := usedAccounts(sets.Items, argument(operator, "default-service-account"))
	var out []Result
	for _, account := range used {
		amiss, err := account.check(ctx, c, operator)
		if err != nil {
			return out, err
		}
		out = append(out, amiss...)
	}
	if len(out) == 0 && len(used) > 0 {
		out = append(out, ok("the operator may act as each account that ResourceSets are applied as: %d", len(used)))
	}
	return out, nil
}

// account is one that a ResourceSet is applied as.
type account struct {
	types.NamespacedName
	// set is one of those that are.
	set string
}

// usedAccounts lists the accounts of sets; those that name none have the default.
func usedAccounts(sets []v1.ResourceSet, byDefault string) []account {
	var out []account
	for n := range sets {
		name := sets[n].Spec.ServiceAccountName
		if name == "" {
			name = byDefault
		}
		key := types.NamespacedName{Namespace: sets[n].Namespace, Name: name}
		known := slices.ContainsFunc(out, func(one account) bool { return one.NamespacedName == key })
		if name != "" && !known {
			out = append(out, account{key, sets[n].Name})
		}
	}
	return out
}

// check returns what is amiss with an account.
func (a account) check(ctx context.Context, c *Cluster, operator *appsv1.Deployment) ([]Result, error) {
	err := c.Client.Get(ctx, a.NamespacedName, &corev1.ServiceAccount{})
	if apierrors.IsNotFound(err) {
		return []Result{failed(fmt.Sprintf("create it with the permissions that its previews need, or install with previews.namespaces={%s}", a.Namespace),
			"ResourceSet %s/%s is applied as the account %q, which is not in its namespace", a.Namespace, a.set, a.Name)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the account %s: %w", a, err)
	}
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:   fmt.Sprintf("system:serviceaccount:%s:%s", operator.Namespace, operator.Spec.Template.Spec.ServiceAccountName),
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + operator.Namespace, "system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Verb: "impersonate", Resource: "serviceaccounts", Namespace: a.Namespace, Name: a.Name,
		},
	}}
	if err := c.Client.Create(ctx, review); err != nil {
		return nil, fmt.Errorf("asking what the operator may do: %w", err)
	}
	if !review.Status.Allowed {
		return []Result{failed(fmt.Sprintf("install with rbac.accounts={%s}", a.Name),
			"ResourceSet %s/%s is applied as the account %q, and the operator may not act as it", a.Namespace, a.set, a.Name)}, nil
	}
	return nil, nil
}

// argument returns a flag of the operator; "" when it is not given.
func argument(operator *appsv1.Deployment, flag string) string {
	for _, container := range operator.Spec.Template.Spec.Containers {
		for _, argument := range container.Args {
			if value, given := strings.CutPrefix(argument, "--"+flag+"="); given {
				return value
			}
		}
	}
	return ""
}
