package templater

import (
	"context"
	"fmt"
	"slices"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func (b *bench) create(objects ...client.Object) {
	b.t.Helper()
	for _, object := range objects {
		if err := server.Client.Create(context.Background(), object); err != nil {
			b.t.Fatal(err)
		}
	}
}

// account creates a service account that may do as the rules say in the
// namespace.
func (b *bench) account(name string, rules ...rbacv1.PolicyRule) {
	b.t.Helper()
	b.create(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: b.namespace}})
	b.permit(name, name, rules...)
}

// permit lets a service account do as the rules say, by a Role of its own.
func (b *bench) permit(account, role string, rules ...rbacv1.PolicyRule) {
	b.t.Helper()
	name := metav1.ObjectMeta{Name: role, Namespace: b.namespace}
	b.create(
		&rbacv1.Role{ObjectMeta: name, Rules: rules},
		&rbacv1.RoleBinding{
			ObjectMeta: name, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role},
			Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: account, Namespace: b.namespace}},
		},
	)
	for _, rule := range rules {
		b.await("the right is granted", func() bool { return b.isAllowed(account, rule) })
	}
}

// await waits until something has come about that takes the API server a moment.
func (b *bench) await(what string, done func() bool) {
	b.t.Helper()
	for range 300 {
		if done() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("it has not come about that %s", what)
}

// isAllowed reports whether an account may do the first thing of a rule. The API
// server hears of a Role a moment after it is stored.
func (b *bench) isAllowed(account string, rule rbacv1.PolicyRule) bool {
	b.t.Helper()
	verb := rule.Verbs[0]
	if slices.Contains(rule.Verbs, rbacv1.VerbAll) {
		verb = "get"
	}
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: fmt.Sprintf("system:serviceaccount:%s:%s", b.namespace, account),
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: b.namespace, Verb: verb, Group: rule.APIGroups[0], Resource: rule.Resources[0],
		},
	}}
	if err := server.Client.Create(context.Background(), review); err != nil {
		b.t.Fatal(err)
	}
	return review.Status.Allowed
}
