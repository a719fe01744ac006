package diff_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/diff"
	"github.com/eddy-previews/eddy/internal/plan"
	"github.com/eddy-previews/eddy/test/apiserver"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

// manifests reads YAML documents.
func manifests(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	var out []*unstructured.Unstructured
	for document := range strings.SplitSeq(text, "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
			t.Fatal(err)
		}
		out = append(out, object)
	}
	return out
}

// applied has the API server hold an object, as a field manager wrote it.
func applied(t *testing.T, object *unstructured.Unstructured, manager, namespace string) {
	t.Helper()
	object = object.DeepCopy()
	object.SetNamespace(namespace)
	if err := server.Client.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(manager)); err != nil {
		t.Fatal(err)
	}
}

// compared says what applying manifests would do, in a namespace of the test.
func compared(t *testing.T, namespace, text string) diff.Result {
	t.Helper()
	differ := diff.Differ{Client: server.Client, Kinds: kinds(), Namespace: namespace}
	result, err := differ.Compare(context.Background(), manifests(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

const copies = `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputs: [{id: "1"}]
  resources:
  - apiVersion: v1
    kind: ConfigMap
    metadata:
      name: settings-<< inputs.id >>
      annotations: {fluxcd.controlplane.io/copyFrom: NAMESPACE/source}
  - apiVersion: v1
    kind: ConfigMap
    metadata:
      name: sum-<< inputs.id >>
      annotations: {fluxcd.controlplane.io/checksumFrom: ConfigMap/NAMESPACE/source}
`

func TestAnUnchangedSetThatTakesFromOthersHasNoDifference(t *testing.T) {
	namespace := server.Namespace(t)
	set := strings.ReplaceAll(copies, "NAMESPACE", namespace)
	source := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "source", Namespace: namespace}, Data: map[string]string{"a": "b"}}
	if err := server.Client.Create(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	applied(t, manifests(t, set)[0], "kubectl", namespace)
	first := compared(t, namespace, set)
	if len(first.Changes) != 2 || len(first.Failed) > 0 {
		t.Fatalf("before it runs there are %d changes: %v", len(first.Changes), first.Failed)
	}
	for _, change := range first.Changes {
		if text := change.Unified(); !strings.Contains(text, "a: b") && !strings.Contains(text, "sha256:") {
			t.Errorf("nothing is taken from the source:\n%s", text)
		}
	}
	run(t, set, namespace)
	again := compared(t, namespace, set)
	for _, change := range again.Changes {
		t.Errorf("it would change:\n%s", change.Unified())
	}
	if len(again.Failed) > 0 {
		t.Error(again.Failed)
	}
}

func TestWhereTheOperatorStopsNothingIsCompared(t *testing.T) {
	namespace := server.Namespace(t)
	result := compared(t, namespace, `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputs: [{id: "1"}]
  inputsFrom: [{name: nobody}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a-<< inputs.id >>}}]
`)
	if len(result.Failed) != 1 || !strings.Contains(result.Failed[0].Error(), "there is no ResourceSetInputProvider "+namespace+"/nobody") {
		t.Errorf("it failed as %v", result.Failed)
	}
	if len(result.Changes) != 1 { // the set itself
		t.Errorf("there are %d changes", len(result.Changes))
	}
}

func TestWhereTheOperatorWaitsNothingIsCompared(t *testing.T) {
	namespace := server.Namespace(t)
	result := compared(t, namespace, `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: new}
spec: {type: Static, defaultValues: {env: dev}}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputStrategy: {name: Permute}
  inputs: [{id: "1"}]
  inputsFrom: [{name: new}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a-<< inputs.id >>}}]
`)
	if len(result.Failed) > 0 || len(result.Changes) != 2 {
		t.Errorf("there are %d changes, failed are %v", len(result.Changes), result.Failed)
	}
	if notes := strings.Join(result.Notes, "\n"); !strings.Contains(notes, "waiting for the first report of ResourceSetInputProvider new") {
		t.Errorf("it notes %q", notes)
	}
}

func TestASetThatIsSuspendedIsComparedWithANote(t *testing.T) {
	namespace := server.Namespace(t)
	result := compared(t, namespace, `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews, annotations: {fluxcd.controlplane.io/reconcile: disabled}}
spec:
  inputs: [{id: "1"}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a-<< inputs.id >>}}]
`)
	if len(result.Changes) != 2 || len(result.Notes) != 1 || !strings.Contains(result.Notes[0], "it is suspended") {
		t.Errorf("there are %d changes, and the notes %q", len(result.Changes), result.Notes)
	}
}

// Who may not see providers can compare a set that has none.
func TestASetWithoutProvidersIsComparedWithoutTheRightToListThem(t *testing.T) {
	namespace := server.Namespace(t)
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "person", Namespace: namespace}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"", v1.Group}, Resources: []string{"configmaps", "resourcesets"}, Verbs: []string{"get", "create", "patch"}},
	}}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: role.ObjectMeta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: namespace}},
	}
	for _, object := range []client.Object{role, binding} {
		if err := server.Client.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	as := rest.CopyConfig(server.Config)
	as.Impersonate.UserName = namespace
	person, err := client.New(as, client.Options{Scheme: server.Client.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	differ := diff.Differ{Client: person, Kinds: kinds(), Namespace: namespace}
	result, err := differ.Compare(t.Context(), manifests(t, `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputs: [{id: "1"}]
  resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a-<< inputs.id >>}}]
`))
	if err != nil || len(result.Failed) > 0 || len(result.Changes) != 2 {
		t.Errorf("there are %d changes: %v, %v", len(result.Changes), err, result.Failed)
	}
}

// run applies what a set stamps out, as the operator does.
func run(t *testing.T, text, namespace string) {
	t.Helper()
	set := &v1.ResourceSet{}
	if err := yaml.Unmarshal([]byte(text), set); err != nil {
		t.Fatal(err)
	}
	set.Namespace = namespace
	inputs, err := plan.InputsOf(set, nil)
	if err != nil {
		t.Fatal(err)
	}
	applier := apply.Applier{Client: server.Client, Kinds: kinds(), FieldManager: "eddy"}
	wanted, err := plan.Make(t.Context(), plan.Request{
		Set: set, Inputs: inputs.Sets, Place: applier.Kinds.Placer(namespace), References: applier.References(),
	})
	if err != nil {
		t.Fatal(err)
	}
	var objects []apply.Object
	for _, object := range wanted.Objects() {
		objects = append(objects, apply.Object{Unstructured: object.Unstructured, Group: object.Input})
	}
	result, err := applier.Resume(apply.Owner{Name: set.Name, Namespace: namespace}, apply.Live{}).Apply(t.Context(), objects)
	if err != nil || len(result.Failed) > 0 {
		t.Fatal(err, result.Failed)
	}
}

func kinds() *apply.Kinds {
	return apply.NewKinds(server.Discovery, time.Now)
}
