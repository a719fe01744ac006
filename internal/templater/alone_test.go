package templater

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// configMapsOnly may do anything with ConfigMaps, and nothing else.
var configMapsOnly = rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"*"}}

// inventory lists the objects that a set owns, as Kind/name.
func inventory(set *v1.ResourceSet) string {
	if set == nil || set.Status.Inventory == nil {
		return ""
	}
	var names []string
	for _, entry := range set.Status.Inventory.Entries {
		parts := strings.Split(entry.ID, "_")
		names = append(names, parts[len(parts)-1]+"/"+parts[1])
	}
	return sorted(names)
}

// previewOf returns what a set tells of a preview.
func previewOf(t *testing.T, set *v1.ResourceSet, id string) v1.PreviewStatus {
	t.Helper()
	at := slices.IndexFunc(set.Status.Previews, func(p v1.PreviewStatus) bool { return p.ID == id })
	if at < 0 {
		t.Fatalf("there is no preview %s: %+v", id, set.Status.Previews)
	}
	return set.Status.Previews[at]
}

// withMore is a set whose previews have a ConfigMap each, and request 2 what more
// says besides.
func withMore(more string) string {
	return `
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resourcesTemplate: |
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: "api-<< inputs.id >>", namespace: NS}
  << if eq inputs.id "2" >>
  ---
  ` + more + `
  << end >>
`
}

func TestAnObjectThatCannotBeLookedAtFailsItsPreviewAlone(t *testing.T) {
	cases := []struct{ name, object, words string }{
		{"a kind that the account may not read", `{apiVersion: v1, kind: Secret, metadata: {name: more, namespace: NS}}`,
			`User "system:serviceaccount:NS:previews" cannot get resource "secrets"`},
		{"one of the whole cluster", `{apiVersion: v1, kind: Namespace, metadata: {name: NS-more}}`,
			`User "system:serviceaccount:NS:previews" cannot get resource "namespaces"`},
		{"a question of which no object is kept", `{apiVersion: authorization.k8s.io/v1, kind: SubjectAccessReview, metadata: {name: more}, spec: {user: joe}}`,
			"keeps no objects of this kind"},
		{"a binding", `{apiVersion: v1, kind: Binding, metadata: {name: more, namespace: NS}, target: {kind: Node, name: n}}`,
			"keeps no objects of this kind"},
		{"a part of another object", `{apiVersion: policy/v1, kind: Eviction, metadata: {name: more, namespace: NS}}`,
			"does not know this kind"},
		{"a list of a kind", `{apiVersion: v1, kind: ConfigMapList, metadata: {name: more, namespace: NS}}`,
			"does not know this kind"},
		{"a version that is not served", `{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: more, namespace: NS}}`,
			"serves Deployment in version v1, and not in v1beta1"},
		{"a name with a way up in it", `{apiVersion: v1, kind: ConfigMap, metadata: {name: "../../secrets/more", namespace: NS}}`,
			"can be no name"},
		{"a namespace with a way up in it", `{apiVersion: v1, kind: ConfigMap, metadata: {name: more, namespace: ../NS}}`,
			"can be no name"},
		{"a name that the inventory would give back as another", `{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: a__b, namespace: NS}}`,
			"the inventory cannot hold it"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			in := strings.NewReplacer("NS", b.namespace)
			b.account("previews", configMapsOnly)
			b.DefaultServiceAccount = "previews"
			b.provider("prs", "1", "2", "3")
			b.set(withMore(c.object))
			for range 2 { // the second time, it is known what happened
				set := b.run()
				if got := b.configMaps(); !strings.Contains(got, "api-1") || !strings.Contains(got, "api-3") {
					t.Fatalf("there are %q", got)
				}
				if bad := previewOf(t, set, "2"); bad.Ready != metav1.ConditionFalse || !strings.Contains(bad.Message, in.Replace(c.words)) {
					t.Fatalf("the preview is %+v", bad)
				}
				if got := inventory(set); strings.Contains(got, "more") || strings.Contains(got, "a__b") {
					t.Errorf("the inventory is %s", got)
				}
				b.later(time.Hour)
			}
			b.export("prs", "1", "3")
			b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "finished in")
			if got := b.configMaps(); got != "api-1 api-3" {
				t.Errorf("after it was closed there are %q", got)
			}
			b.delete(b.read())
			if set := b.run(); set != nil {
				t.Errorf("the set is still there: %s", inventory(set))
			}
		})
	}
}

func TestWhatMayNoLongerBeReadBlocksNothingButItsOwnEnd(t *testing.T) {
	b := newBench(t)
	b.account("previews", configMapsOnly, rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"*"}})
	b.DefaultServiceAccount = "previews"
	b.provider("prs", "1", "2")
	b.set(withMore(`{apiVersion: v1, kind: Secret, metadata: {name: more, namespace: NS}}`))
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")

	role := &rbacv1.Role{}
	if err := server.Client.Get(context.Background(), b.key("previews"), role); err != nil {
		t.Fatal(err)
	}
	role.Rules = []rbacv1.PolicyRule{configMapsOnly}
	if err := server.Client.Update(context.Background(), role); err != nil {
		t.Fatal(err)
	}
	secrets := rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get"}}
	b.await("the right is taken away", func() bool { return !b.isAllowed("previews", secrets) })
	b.export("prs", "1", "3")
	b.later(time.Hour)
	set := b.run()
	if got := b.configMaps(); got != "api-1 api-3" {
		t.Errorf("there are %q", got)
	}
	b.wantReady(set, metav1.ConditionTrue, meta.ReconciliationSucceededReason, `Secret/`+b.namespace+`/more: looking at it before it is deleted failed`)

	b.delete(set)
	set = b.run()
	b.wantReady(set, metav1.ConditionFalse, v1.ReasonUninstallationBlocked, `cannot get resource "secrets"`)
	if got := inventory(set); got != "Secret/more" {
		t.Errorf("the inventory is %s", got)
	}
	set.Annotations = map[string]string{v1.ForceAnnotation: v1.EnabledValue}
	if err := server.Client.Update(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	if set := b.run(); set != nil {
		t.Errorf("the set is still there: %s", inventory(set))
	}
	b.wantEvent("Left behind")
}

func TestAGroupThatDoesNotAnswerHoldsUpWhatNeedsItAlone(t *testing.T) {
	b := newBench(t)
	group, _ := b.widgets()
	b.provider("prs", "1", "2")
	b.set(withMore(`{apiVersion: ` + group + `/v1, kind: Widget, metadata: {name: more, namespace: NS}, spec: {a: b}}`))
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")

	b.counter.down = group
	b.export("prs", "1", "2", "3")
	b.later(time.Hour)
	b.run()
	if got := b.configMaps(); got != "api-1 api-2 api-3" {
		t.Errorf("there are %q", got)
	}
	b.export("prs", "1", "3")
	b.later(time.Hour)
	set := b.run()
	if got := b.configMaps(); got != "api-1 api-3" {
		t.Errorf("after it was closed there are %q", got)
	}
	b.wantReady(set, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "Widget/"+b.namespace+"/more: looking at it before it is deleted failed")
	b.delete(set)
	b.wantReady(b.run(), metav1.ConditionFalse, v1.ReasonUninstallationBlocked, "Widget/"+b.namespace+"/more")
	b.counter.down = ""
	if set := b.run(); set != nil {
		t.Errorf("the set is still there: %s", inventory(set))
	}
}

func TestAKindWhoseDefinitionIsGoneBlocksNothing(t *testing.T) {
	b := newBench(t)
	group, _ := b.widgets()
	b.provider("prs", "1", "2")
	b.set(withMore(`{apiVersion: ` + group + `/v1, kind: Widget, metadata: {name: more, namespace: NS}, spec: {a: b}}`))
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	b.undefine(group)

	b.export("prs", "1", "2", "3")
	var set *v1.ResourceSet
	for range 3 { // what is served is told a moment later than it is so
		b.later(time.Hour)
		set = b.run()
	}
	if got := b.configMaps(); got != "api-1 api-2 api-3" {
		t.Errorf("there are %q", got)
	}
	if bad := previewOf(t, set, "2"); bad.Ready != metav1.ConditionFalse || !strings.Contains(bad.Message, "install its CustomResourceDefinition first") {
		t.Errorf("the preview is %+v", bad)
	}
	b.delete(set)
	if set := b.run(); set != nil {
		t.Errorf("the set is still there: %s", inventory(set))
	}
}

func TestASetOfWhichNothingIsLeftGoesWithoutItsAccount(t *testing.T) {
	b := newBench(t)
	b.account("previews", configMapsOnly)
	b.DefaultServiceAccount = "previews"
	b.provider("prs", "1")
	b.set(perInput)
	set := b.run()
	for _, o := range []client.Object{
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: b.namespace}}, set,
	} {
		if err := server.Client.Delete(context.Background(), o); err != nil {
			t.Fatal(err)
		}
	}
	b.wantReady(b.run(), metav1.ConditionFalse, v1.ReasonUninstallationBlocked, fmt.Sprintf("ConfigMap/%s/api-1", b.namespace))
	if err := server.Client.Delete(context.Background(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "api-1", Namespace: b.namespace}}); err != nil {
		t.Fatal(err)
	}
	if set := b.run(); set != nil {
		t.Errorf("the set is still there: %v", set.Status.Conditions)
	}
}
