package templater

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// password is in the Secrets of these tests.
const password = "hunter2-hunter2"

// passwordSecret creates the Secret s with the password in it.
func (b *bench) passwordSecret() {
	b.t.Helper()
	b.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: b.namespace, Annotations: map[string]string{"note": password}},
		StringData: map[string]string{"k": password},
	})
}

// grant lets a service account do something with all objects of a resource.
func (b *bench) grant(account, verb, group, resource string) {
	b.t.Helper()
	b.permit(account, account+"-"+verb+"-"+resource, rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}})
}

// dependsSet creates a set that depends on the Secret s of a namespace.
func (b *bench) dependsSet(namespace, account, expression string) {
	b.t.Helper()
	b.set(`
serviceAccountName: ` + account + `
dependsOn:
- {apiVersion: v1, kind: Secret, name: s, namespace: ` + namespace + `, ready: true, readyExpr: "` + expression + `"}
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: NS}}]
`)
}

func TestADependencyIsReadAsTheSetsAccount(t *testing.T) {
	for _, c := range []struct{ name, named, fallback string }{
		{"the account that the set names", "limited", ""},
		{"the default account", "", "limited"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.DefaultServiceAccount = c.fallback
			b.passwordSecret()
			b.dependsSet("NS", c.named, "data.k != ''")
			set := b.run()
			b.wantReady(set, metav1.ConditionFalse, meta.DependencyNotReadyReason, `cannot get resource "secrets"`)
			b.wantReady(set, metav1.ConditionFalse, meta.DependencyNotReadyReason,
				"dependencies are read as service account "+b.namespace+"/limited: grant it the verb get")
			for _, verb := range []string{"get", "list", "patch", "create"} {
				b.grant("limited", verb, "", "configmaps")
			}
			b.grant("limited", "get", "", "secrets")
			b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
		})
	}
}

func TestASetWithoutAnAccountReadsItsDependenciesAsTheOperator(t *testing.T) {
	b := newBench(t)
	b.passwordSecret()
	b.dependsSet("NS", "''", "data.k != ''")
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
}

func TestTheDataOfASecretElsewhereIsNotInAnExpression(t *testing.T) {
	other := newBench(t)
	other.passwordSecret()
	b := newBench(t)
	b.dependsSet(other.namespace, "''", "has(data.k)")
	b.wantReady(b.run(), metav1.ConditionFalse, meta.DependencyNotReadyReason, "a field that it asks for is not there")
}

func TestAConditionNeverRepeatsWhatADependencyHolds(t *testing.T) {
	for _, expression := range []string{
		"{'a': true}[data.k]",
		"{'a': true}[string(base64.decode(data.k))]",
		"{'a': true}[metadata.annotations.note]",
		"int(data.k) == 1",
		"int(string(base64.decode(data.k))) == 1",
		"timestamp(string(base64.decode(data.k))) == timestamp('2026-01-01T00:00:00Z')",
		"'x'.matches('(' + string(base64.decode(data.k)))",
		"data.k",
	} {
		t.Run(expression, func(t *testing.T) {
			b := newBench(t)
			b.passwordSecret()
			b.dependsSet("NS", "''", expression)
			set := b.run()
			b.wantReady(set, metav1.ConditionFalse, meta.DependencyNotReadyReason, "judging Secret/"+b.namespace+"/s: ")
			b.wantNoPassword(set)
		})
	}
}

// wantNoPassword checks that neither the status nor an event has the password.
func (b *bench) wantNoPassword(set *v1.ResourceSet) {
	b.t.Helper()
	said := conditions.GetMessage(set, meta.ReadyCondition)
	for len(b.events.Events) > 0 {
		said += "\n" + <-b.events.Events
	}
	for _, one := range set.Status.Previews {
		said += "\n" + one.Message
	}
	for _, form := range []string{password, base64.StdEncoding.EncodeToString([]byte(password))} {
		if strings.Contains(said, form) {
			b.t.Errorf("the password is told:\n%s", said)
		}
	}
}

func TestAnExpressionThatCostsTooMuchHoldsItsSetUp(t *testing.T) {
	b := newBench(t)
	b.passwordSecret()
	ten := "[1,2,3,4,5,6,7,8,9,10].map("
	b.dependsSet("NS", "''", ten+"a, "+ten+"b, "+ten+"c, "+ten+"d, "+ten+"e, "+ten+"f, "+ten+"g, "+ten+"h, "+ten+"i, a)))))))))"+".size() > 0")
	b.wantReady(b.run(), metav1.ConditionFalse, meta.DependencyNotReadyReason, "costs more than 1000000 units")
}

func TestWhatTheAPIServerSaysOfASecretDoesNotRepeatIt(t *testing.T) {
	for name, secret := range map[string]string{
		"data that is not base64":        `data: {k: "` + password + `!"}`,
		"text that is a list of numbers": `stringData: {k: [48151623]}`,
		"text that is a list":            `stringData: {k: [` + password + `]}`,
		"data that is a text":            `data: ` + password,
		"a docker config that is none":   `type: kubernetes.io/dockerconfigjson, stringData: {.dockerconfigjson: ` + password + `}`,
		"a service account that is none": `type: kubernetes.io/service-account-token, stringData: {token: ` + password + `}`,
		"a key that is none":             `stringData: {"a b": ` + password + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.provider("prs", "1")
			b.set("inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]\nresources: [{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: NS}, " + secret + "}]")
			set := b.run()
			b.wantNoPassword(set)
			if message := conditions.GetMessage(set, meta.ReadyCondition); !conditions.IsFalse(set, meta.ReadyCondition) || strings.Contains(message, "48151623") {
				t.Errorf("it says: %s", message)
			}
		})
	}
}
