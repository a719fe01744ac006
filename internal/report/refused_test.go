package report

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// create makes objects that go with the test.
func (b *bench) create(objects ...client.Object) {
	b.t.Helper()
	for _, object := range objects {
		if err := server.Client.Create(context.Background(), object); err != nil {
			b.t.Fatal(err)
		}
		b.t.Cleanup(func() { _ = server.Client.Delete(context.Background(), object) }) // or the test did
	}
}

// permit lets the user "eddy" patch these in the bench's namespace.
func (b *bench) permit(role string, resources ...string) {
	b.t.Helper()
	name := metav1.ObjectMeta{Name: role, Namespace: b.provider.Namespace}
	b.create(
		&rbacv1.Role{ObjectMeta: name, Rules: []rbacv1.PolicyRule{{Verbs: []string{"get", "patch"}, APIGroups: []string{v1.Group}, Resources: resources}}},
		&rbacv1.RoleBinding{ObjectMeta: name, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role},
			Subjects: []rbacv1.Subject{{Kind: rbacv1.UserKind, Name: "eddy"}}},
	)
}

// eventually waits for what takes the API server a moment to know.
func (b *bench) eventually(what string, done func() bool) {
	b.t.Helper()
	for range 300 {
		if done() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("it has not come about that %s", what)
}

// read reads the provider anew.
func (b *bench) read() *v1.ResourceSetInputProvider {
	b.t.Helper()
	if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(b.provider), b.provider); err != nil {
		b.t.Fatal(err)
	}
	return b.provider
}

func TestAStatusThatMayNotBeWrittenIsSaidUntilItMay(t *testing.T) {
	b := newBench(t)
	as := rest.CopyConfig(server.Config)
	as.Impersonate.UserName = "eddy"
	var err error
	if b.Client, err = client.New(as, client.Options{Scheme: server.Client.Scheme()}); err != nil {
		t.Fatal(err)
	}

	if err := b.Begin(t.Context(), b.read()); !apierrors.IsForbidden(err) {
		t.Fatalf("it begins with %v", err)
	}
	if said := b.take(); !strings.Contains(said, "Warning ReconciliationFailed the API server does not take the finalizer") || !strings.Contains(said, `User "eddy" cannot patch`) {
		t.Errorf("without any right the events are %q", said)
	}
	b.permit("objects", "resourcesetinputproviders")
	b.eventually("the finalizer may be added", func() bool {
		err = b.Begin(t.Context(), b.read())
		return len(b.read().Finalizers) > 0
	})
	if !apierrors.IsForbidden(err) {
		t.Fatalf("it begins with %v", err)
	}
	b.take()
	for range 2 { // nothing keeps that it was said
		if _, err := b.finish(Done(time.Second, time.Hour)); !apierrors.IsForbidden(err) {
			t.Fatalf("it ends with %v, want another try", err)
		}
		if said := b.take(); !strings.Contains(said, "Warning StatusNotWritten the API server does not take the status") ||
			!strings.Contains(said, `User "eddy" cannot patch resource "resourcesetinputproviders/status"`) {
			t.Errorf("the events are %q", said)
		}
		b.read()
	}
	b.permit("status", "resourcesetinputproviders/status")
	b.eventually("the status may be written", func() bool {
		_, err := b.finish(Done(time.Second, time.Hour))
		return err == nil
	})
	if said := b.take(); !strings.Contains(said, "Normal ReconciliationSucceeded Reconciliation finished in 1s") || !conditions.IsReady(b.read()) {
		t.Errorf("the events are %q, and the conditions %v", said, b.provider.Status.Conditions)
	}
}

// refuse makes a policy that refuses some revisions, and that the finalizer is
// taken away.
func (b *bench) refuse(policy string) {
	b.t.Helper()
	every, fail := admissionv1.Equivalent, admissionv1.Fail
	b.create(&admissionv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: policy}, Spec: admissionv1.ValidatingAdmissionPolicySpec{
		FailurePolicy: &fail,
		MatchConstraints: &admissionv1.MatchResources{
			MatchPolicy:       &every,
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": b.provider.Namespace}},
			ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
				Operations: []admissionv1.OperationType{admissionv1.Update},
				Rule: admissionv1.Rule{APIGroups: []string{v1.Group}, APIVersions: []string{"*"},
					Resources: []string{"resourcesetinputproviders", "resourcesetinputproviders/status"}},
			}}},
		},
		Validations: []admissionv1.Validation{
			{Expression: `!has(object.status) || !has(object.status.lastExportedRevision) || object.status.lastExportedRevision != "odd"`, Message: "no odd revisions"},
			{Expression: `!has(oldObject.metadata.finalizers) || has(object.metadata.finalizers)`, Message: "finalizers stay"},
		},
	}}, &admissionv1.ValidatingAdmissionPolicyBinding{ObjectMeta: metav1.ObjectMeta{Name: policy}, Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
		PolicyName: policy, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
	}})
}

func TestWhatAPolicyRefusesIsSaidInTheConditionThatItTakes(t *testing.T) {
	b := newBench(t)
	if err := b.Begin(t.Context(), b.provider); err != nil {
		t.Fatal(err)
	}
	policy := "refuses-" + b.provider.Namespace
	b.refuse(policy)
	export := func(revision string) error {
		before := b.read().DeepCopy()
		after := before.DeepCopy()
		after.Status.LastExportedRevision = revision
		_, err := b.Finish(t.Context(), before, after, Done(time.Second, time.Hour))
		return err
	}
	odd := func() error { return export("odd") }
	b.eventually("the policy is in force", func() bool {
		_ = export("plain") // and is none that it refuses
		return odd() != nil
	})
	_ = export("plain") // which takes back what was said
	b.take()
	b.isSaidOnce("StatusNotWritten the API server does not take the status", policy, odd)
	if err := server.Client.Delete(t.Context(), b.provider); err != nil {
		t.Fatal(err)
	}
	b.isSaidOnce("ReconciliationFailed the API server does not take the finalizer", policy, func() error { return b.LetGo(t.Context(), b.read()) })
}

// isSaidOnce tries what a policy refuses twice: there is one event, and a condition.
func (b *bench) isSaidOnce(what, policy string, refused func() error) {
	b.t.Helper()
	for try := range 2 {
		if err := refused(); err == nil {
			b.t.Fatal("it is taken")
		}
		said := b.take()
		if told := strings.Contains(said, "Warning "+what) && strings.Contains(said, policy); told != (try == 0) {
			b.t.Errorf("the events of try %d are %q", try, said)
		}
		ready := conditions.Get(b.read(), meta.ReadyCondition)
		if ready.Status != metav1.ConditionFalse || !strings.HasPrefix(ready.Reason+" "+ready.Message, what) || !strings.Contains(ready.Message, policy) {
			b.t.Errorf("the condition is %+v", ready)
		}
	}
}

func TestOnlyWhatSomebodyHasDecidedIsARefusal(t *testing.T) {
	resource := v1.GroupVersion.WithResource("resourcesets").GroupResource()
	webhook := func(code int32, reason metav1.StatusReason) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: code, Reason: reason, Message: `admission webhook "no.example.com" denied the request: no`}}
	}
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"a right that is missing":            {apierrors.NewForbidden(resource, "a", nil), true},
		"a webhook":                          {webhook(403, metav1.StatusReasonForbidden), true},
		"a webhook that speaks of conflicts": {webhook(409, metav1.StatusReasonConflict), true},
		"a webhook with a code of its own":   {webhook(418, ""), true},
		"a webhook that cannot be called":    {apierrors.NewInternalError(fmt.Errorf(`failed calling webhook "no.example.com"`)), true},
		"a conflict":                         {apierrors.NewConflict(resource, "a", nil), false},
		"an object that is gone":             {apierrors.NewNotFound(resource, "a"), false},
		"a server that is busy":              {apierrors.NewTooManyRequests("later", 1), false},
		"a server that is not there":         {fmt.Errorf("connection refused"), false},
	} {
		err := fmt.Errorf("writing the status: %w", c.err)
		if isRefused(err) != c.want {
			t.Errorf("%s: is refused is %t", name, !c.want)
		}
		if _, again := RetryOnConflict(err); c.want && again == nil {
			t.Errorf("%s: it is not tried again with backoff", name)
		}
	}
}
