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
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
)

func TestAnObjectWithoutANamespaceGetsThatOfTheSet(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: api-<< inputs.id >>}}]`)
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if got := b.configMaps(); got != "api-1" {
		t.Errorf("there are %q", got)
	}
	b.export("prs")
	b.run()
	if got := b.configMaps(); got != "" {
		t.Errorf("there are %q", got)
	}
}

func TestAClusterScopedObjectIsOneWhateverNamespaceIsWrittenInIt(t *testing.T) {
	b := newBench(t)
	name := b.namespace + "-made"
	b.provider("prs", "1")
	b.set(strings.ReplaceAll(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- {apiVersion: v1, kind: Namespace, metadata: {name: MADE, namespace: NS}}
- {apiVersion: v1, kind: Namespace, metadata: {name: MADE, namespace: default}}`, "MADE", name))
	set := b.run()
	b.wantReady(set, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if len(set.Status.Inventory.Entries) != 1 || !strings.HasPrefix(set.Status.Inventory.Entries[0].ID, "_"+name+"_") {
		t.Fatalf("the inventory is %v", set.Status.Inventory.Entries)
	}

	t.Run("so another set cannot take it", func(t *testing.T) {
		other := newBench(t)
		other.set(`resources: [{apiVersion: v1, kind: Namespace, metadata: {name: ` + name + `, namespace: elsewhere}}]`)
		other.wantReady(other.run(), metav1.ConditionFalse, meta.ReconciliationFailedReason, "belongs to ResourceSet "+b.namespace+"/previews")
	})

	b.export("prs")
	b.later(time.Hour)
	b.run()
	made := &corev1.Namespace{}
	err := server.Client.Get(context.Background(), client.ObjectKey{Name: name}, made)
	if err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	if err == nil && made.DeletionTimestamp.IsZero() { // nobody here ends a namespace that is being deleted
		t.Error("the Namespace was not deleted")
	}
}

func TestAnInventoryThatNotedANamespaceForAnObjectWithoutOneIsReadAsItIs(t *testing.T) {
	b := newBench(t)
	name := b.namespace + "-made"
	b.provider("prs", "1")
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources: [{apiVersion: v1, kind: Namespace, metadata: {name: ` + name + `}}]`)
	set := b.run()
	set.Status.Inventory.Entries[0].ID = b.namespace + set.Status.Inventory.Entries[0].ID
	if err := server.Client.Status().Update(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	b.restart()
	b.delete(set)
	b.wantReady(b.run(), metav1.ConditionFalse, v1.ReasonUninstallationBlocked, "Namespace/"+name+": being deleted")
}

// widgets defines a kind that is served in v1 and v1beta1, and returns its group
// and what stops serving the older version.
func (b *bench) widgets() (group string, retire func()) {
	b.t.Helper()
	scheme := runtime.NewScheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		b.t.Fatal(err)
	}
	admin, err := client.New(server.Config, client.Options{Scheme: scheme})
	if err != nil {
		b.t.Fatal(err)
	}
	group = fmt.Sprintf("g%d.example.com", time.Now().UnixNano())
	anything := &apiextensionsv1.CustomResourceValidation{
		OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{Type: "object", XPreserveUnknownFields: ptr.To(true)},
	}
	crd := &apiextensionsv1.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "widgets." + group},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: group, Scope: apiextensionsv1.NamespaceScoped,
			Names: apiextensionsv1.CustomResourceDefinitionNames{Kind: "Widget", ListKind: "WidgetList", Plural: "widgets", Singular: "widget"},
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{
				{Name: "v1", Served: true, Storage: true, Schema: anything}, {Name: "v1beta1", Served: true, Schema: anything},
			},
		},
	}
	if err := admin.Create(context.Background(), crd); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = admin.Delete(context.Background(), crd) }) // the server ends with the tests
	b.await("the kind is served", func() bool { return b.isServed(group, "v1beta1") })
	time.Sleep(100 * time.Millisecond) // for what is said, or answered, a moment later
	return group, func() {
		b.t.Helper()
		if err := admin.Get(context.Background(), client.ObjectKeyFromObject(crd), crd); err != nil {
			b.t.Fatal(err)
		}
		base := crd.DeepCopy()
		crd.Spec.Versions[1].Served = false
		if err := admin.Patch(context.Background(), crd, client.MergeFrom(base)); err != nil { // its controller writes too
			b.t.Fatal(err)
		}
		b.await("the version is retired", func() bool { return !b.isServed(group, "v1beta1") })
	}
}

// undefine deletes the definition of the widgets of a group, and them with it.
func (b *bench) undefine(group string) {
	b.t.Helper()
	crd := &unstructured.Unstructured{}
	crd.SetAPIVersion("apiextensions.k8s.io/v1")
	crd.SetKind("CustomResourceDefinition")
	crd.SetName("widgets." + group)
	if err := server.Client.Delete(context.Background(), crd); err != nil {
		b.t.Fatal(err)
	}
	b.await("the kind is not served any more", func() bool { return !b.isServed(group, "v1") })
}

// isServed reports whether the API server answers for the widgets of a version,
// or still says that it does, or not yet.
func (b *bench) isServed(group, version string) bool {
	b.t.Helper()
	_, served, err := server.Discovery.ServerGroupsAndResources()
	if err != nil {
		b.t.Fatal(err)
	}
	list := &unstructured.UnstructuredList{}
	list.SetAPIVersion(group + "/" + version)
	list.SetKind("WidgetList")
	told := slices.ContainsFunc(served, func(list *metav1.APIResourceList) bool { return list.GroupVersion == group+"/"+version })
	return told || server.Client.List(context.Background(), list) == nil
}

func TestAVersionThatIsNoLongerServedLeavesNoOrphan(t *testing.T) {
	for _, process := range []string{"the same process", "another process"} {
		for _, end := range []string{"the request is closed", "the set is deleted"} {
			t.Run(process+", "+end, func(t *testing.T) {
				b := newBench(t)
				group, retire := b.widgets()
				b.provider("prs", "1", "2")
				b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources: [{apiVersion: ` + group + `/v1beta1, kind: Widget, metadata: {name: "api-<< inputs.id >>", namespace: NS}, spec: {a: b}}]`)
				b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
				retire()
				if process == "another process" {
					b.restart()
					b.Kinds = apply.NewKinds(server.Discovery, time.Now)
				}
				want := "[]"
				if end == "the request is closed" {
					b.export("prs", "2")
					want = "[api-2]"
				} else {
					b.delete(b.read())
				}
				var set *v1.ResourceSet
				for range 3 { // what is served is told a moment later than it is so
					b.later(time.Hour)
					set = b.run()
				}
				if end == "the set is deleted" && set != nil {
					t.Errorf("the set is still there: %s", inventory(set))
				}
				if set != nil && !strings.Contains(previewOf(t, set, "2").Message, "serves Widget in version v1, and not in v1beta1") {
					t.Errorf("the preview is %+v", previewOf(t, set, "2"))
				}
				list := &unstructured.UnstructuredList{}
				list.SetAPIVersion(group + "/v1")
				list.SetKind("WidgetList")
				if err := server.Client.List(context.Background(), list, client.InNamespace(b.namespace)); err != nil {
					t.Fatal(err)
				}
				var left []string
				for _, item := range list.Items {
					left = append(left, item.GetName())
				}
				if got := fmt.Sprint(left); got != want {
					t.Errorf("there are %s, want %s", got, want)
				}
			})
		}
	}
}
