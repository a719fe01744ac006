package templater

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func (b *bench) delete(object client.Object) {
	b.t.Helper()
	if err := server.Client.Delete(context.Background(), object); err != nil {
		b.t.Fatal(err)
	}
}

func TestDeletingASetDeletesWhatItOwns(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "2")
	b.set(perInput)
	b.delete(b.run())
	if set := b.run(); set != nil {
		t.Fatalf("the set is still there: %v", set.Status.Conditions)
	}
	if got := b.configMaps(); got != "" {
		t.Errorf("there are %q", got)
	}
	b.wantEvent("ConfigMap/" + b.namespace + "/api-2 deleted")
	b.wantEvent("Uninstallation completed")
}

func TestWhatADeletedSetIsToKeepIsToldWhenItGoes(t *testing.T) {
	b := newBench(t)
	b.set(`
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: NS, annotations: {fluxcd.controlplane.io/prune: disabled}}}]
`)
	b.delete(b.run())
	if set := b.run(); set != nil {
		t.Fatalf("the set is still there: %v", set.Status.Conditions)
	}
	b.wantEvent("ConfigMap/" + b.namespace + "/one let go")
}

func TestASetStaysUntilTheLastObjectIsGone(t *testing.T) {
	b := newBench(t)
	b.set(`
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: NS, finalizers: [example.com/hold]}}]
`)
	b.delete(b.run())
	for range 2 {
		set := b.run()
		if set == nil {
			t.Fatal("the set is gone before its object is")
		}
		b.wantReady(set, metav1.ConditionFalse, v1.ReasonUninstallationBlocked, "held by example.com/hold")
	}
	held := &corev1.ConfigMap{}
	if err := server.Client.Get(context.Background(), b.key("one"), held); err != nil {
		t.Fatal(err)
	}
	held.Finalizers = nil
	if err := server.Client.Update(context.Background(), held); err != nil {
		t.Fatal(err)
	}
	if set := b.run(); set != nil {
		t.Errorf("the set is still there: %v", set.Status.Conditions)
	}
}

func TestAMissingAccountKeepsTheObjectsListedUntilSomebodyGivesThemUp(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(perInput)
	set := b.run()
	set.Spec.ServiceAccountName = "gone"
	if err := server.Client.Update(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	b.delete(set)
	set = b.run()
	if set == nil {
		t.Fatal("the set is gone")
	}
	b.wantReady(set, metav1.ConditionFalse, v1.ReasonUninstallationBlocked, "service account "+b.namespace+"/gone does not exist")
	if len(set.Status.Inventory.Entries) != 1 {
		t.Errorf("the inventory is %v", set.Status.Inventory)
	}
	set.Annotations = map[string]string{v1.ForceAnnotation: v1.EnabledValue}
	if err := server.Client.Update(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	if set := b.run(); set != nil {
		t.Errorf("the set is still there: %v", set.Status.Conditions)
	}
	b.wantEvent("service account " + b.namespace + "/gone does not exist: ConfigMap/" + b.namespace + "/api-1")
	if got := b.configMaps(); got != "api-1" {
		t.Errorf("there are %q", got)
	}
}

func TestDeletingASuspendedSetLeavesItsObjects(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(perInput)
	set := b.run()
	set.Annotations = map[string]string{v1.ReconcileAnnotation: v1.DisabledValue}
	if err := server.Client.Update(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	b.delete(set)
	if set := b.run(); set != nil {
		t.Errorf("the set is still there: %v", set.Status.Conditions)
	}
	b.wantEvent("Left behind, as the ResourceSet is suspended: ConfigMap/" + b.namespace + "/api-1")
	if got := b.configMaps(); got != "api-1" {
		t.Errorf("there are %q", got)
	}
}
