package trace_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/trace"
)

func TestDeployersThatListEachOtherAreReadOnce(t *testing.T) {
	namespace, ctx := server.Namespace(t), context.Background()
	const deployers = 12
	var own []v1.ResourceRef
	var inventory []any
	for i := range deployers {
		id := fmt.Sprintf("%s_app-%d_kustomize.toolkit.fluxcd.io_Kustomization", namespace, i)
		own = append(own, v1.ResourceRef{ID: id, Version: "v1", Input: "api-prs/1"})
		inventory = append(inventory, map[string]any{"id": id, "v": "v1"})
	}
	for i := range deployers {
		one := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
			"interval": "10m", "prune": true, "path": "./", "sourceRef": map[string]any{"kind": "GitRepository", "name": "fleet"},
		}}}
		one.SetAPIVersion("kustomize.toolkit.fluxcd.io/v1")
		one.SetKind("Kustomization")
		one.SetNamespace(namespace)
		one.SetName(fmt.Sprintf("app-%d", i))
		if err := server.Client.Create(ctx, one); err != nil {
			t.Fatal(err)
		}
		one.Object["status"] = map[string]any{"inventory": map[string]any{"entries": inventory}}
		if err := server.Client.Status().Update(ctx, one); err != nil {
			t.Fatal(err)
		}
	}
	set := v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "api-pr-envs"}}
	set.Status.Inventory = &v1.ResourceInventory{Entries: own}
	snapshot := preview.Snapshot{Sets: []v1.ResourceSet{set}}
	one := preview.View{Namespace: namespace, Set: set.Name, Provider: "api-prs", ID: "1"}

	counted, times := server.Counted(t)
	reader := &trace.Reader{Client: counted, Warn: t.Logf, Now: time.Now}
	const most = 2*deployers + 1 // each, what it needs, and the events
	root, err := reader.Tree(ctx, snapshot, one)
	if err != nil {
		t.Fatal(err)
	}
	if n := times.Swap(0); n > most {
		t.Errorf("the tree asks %d times, more than %d", n, most)
	}
	met := map[string]bool{}
	trace.Walk(root, func(n *diagnose.Node) { met[n.ID.Name] = true })
	if len(met) != deployers+1 {
		t.Errorf("the tree has %v", met)
	}
	if _, err := reader.Members(ctx, snapshot, one); err != nil {
		t.Fatal(err)
	}
	if n := times.Load(); n > most {
		t.Errorf("to find the members asks %d times, more than %d", n, most)
	}
}
