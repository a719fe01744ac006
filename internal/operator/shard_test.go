package operator_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// startShard runs an operator for the objects of one key.
func startShard(t *testing.T, namespace, key string) {
	t.Helper()
	start(t, "--watch-namespaces="+namespace, "--watch-label-selector="+v1.ShardLabel+"="+key, "--leader-election-id=eddy-"+key)
}

// createSharded makes a set that renders a ConfigMap for each of some inputs.
func createSharded(t *testing.T, namespace, name, key string) client.ObjectKey {
	t.Helper()
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{v1.ShardLabel: key}}}
	spec := "inputs: [{id: a}, {id: b}, {id: c}]\nresources:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + "-<< inputs.id >>}, data: {of: " + name + "}}\n"
	if err := yaml.UnmarshalStrict([]byte(spec), &set.Spec); err != nil {
		t.Fatal(err)
	}
	if err := server.Client.Create(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	return client.ObjectKeyFromObject(set)
}

// settled waits until a set is worked on by a shard, and returns what it has: the shard
// that its objects name, by their UIDs.
func settled(t *testing.T, name client.ObjectKey, key string) map[types.UID]string {
	t.Helper()
	out := map[types.UID]string{}
	gomega.NewWithT(t).Eventually(func() error {
		clear(out)
		set, objects := &v1.ResourceSet{}, &corev1.ConfigMapList{}
		if err := server.Client.Get(context.Background(), name, set); err != nil {
			return err
		}
		if set.Status.Shard != "eddy-"+key || !conditions.IsReady(set) {
			return fmt.Errorf("the set is of %q, %v", set.Status.Shard, set.Status.Conditions)
		}
		if err := server.Client.List(context.Background(), objects, client.InNamespace(name.Namespace), client.MatchingLabels{v1.OwnerLabelPrefix + "/name": name.Name}); err != nil {
			return err
		}
		for _, object := range objects.Items {
			out[object.UID] = object.Labels[v1.ShardLabel]
			if object.Labels[v1.ShardLabel] != key {
				return fmt.Errorf("%s is of %q", object.Name, object.Labels[v1.ShardLabel])
			}
		}
		return nil
	}, "20s", "50ms").Should(gomega.Succeed())
	return out
}

func TestASetThatMovesFromOneShardToAnotherLosesNothing(t *testing.T) {
	namespace := server.Namespace(t)
	startShard(t, namespace, "one")
	startShard(t, namespace, "two")
	name := createSharded(t, namespace, "previews", "one")
	before := settled(t, name, "one")
	if len(before) != 3 {
		t.Fatalf("there are %d objects", len(before))
	}
	for _, key := range []string{"two", "one", "two"} {
		set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name.Name}}
		change(t, set, func() { set.Labels = map[string]string{v1.ShardLabel: key} })
		after := settled(t, name, key)
		if len(after) != len(before) {
			t.Errorf("there are %d objects", len(after))
		}
		for uid := range before {
			if _, kept := after[uid]; !kept {
				t.Errorf("%s was made anew", uid)
			}
		}
	}
	if err := server.Client.Delete(context.Background(), &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name.Name}}); err != nil {
		t.Fatal(err)
	}
	gomega.NewWithT(t).Eventually(func() (int, error) {
		objects := &corev1.ConfigMapList{}
		err := server.Client.List(context.Background(), objects, client.InNamespace(namespace), client.HasLabels{v1.ShardLabel})
		return len(objects.Items), err
	}, "20s").Should(gomega.BeZero())
}

func TestAShardLeavesAloneWhatIsAnothers(t *testing.T) {
	namespace := server.Namespace(t)
	startShard(t, namespace, "one")
	mine, other := createSharded(t, namespace, "mine", "one"), createSharded(t, namespace, "other", "two")
	settled(t, mine, "one")
	set := &v1.ResourceSet{}
	if err := server.Client.Get(context.Background(), other, set); err != nil || len(set.Status.Conditions) > 0 {
		t.Fatalf("the other is %+v, %v", set.Status, err)
	}
	startShard(t, namespace, "two")
	settled(t, other, "two")
	// What the other owns is not taken for that of a set that is gone.
	thief := createSharded(t, namespace, "thief", "one")
	settled(t, thief, "one")
	if err := server.Client.Get(context.Background(), thief, set); err != nil {
		t.Fatal(err)
	}
	change(t, set, func() {
		set.Spec.Resources[0].Raw = []byte(`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other-<< inputs.id >>"}, "data": {"of": "thief"}}`)
	})
	gomega.NewWithT(t).Eventually(func() (string, error) {
		err := server.Client.Get(context.Background(), thief, set)
		return conditions.GetMessage(set, "Ready"), err
	}, "20s").Should(gomega.ContainSubstring("belongs to ResourceSet " + namespace + "/other"))
	found := &corev1.ConfigMap{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "other-a"}, found); err != nil || found.Data["of"] != "other" {
		t.Errorf("it is %v, %v", found.Data, err)
	}
}

func TestWhoeverCannotAnswerForAShardIsNotTakenForIt(t *testing.T) {
	namespace := server.Namespace(t)
	name := createSharded(t, namespace, "previews", "two")
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name.Name}}
	// One that says that it works on the set, and of which nothing is known.
	changeStatus(t, set, func() { set.Status.Shard = "eddy-elsewhere" })
	startShard(t, namespace, "two")
	time.Sleep(3 * time.Second)
	if err := server.Client.Get(context.Background(), name, set); err != nil || len(set.Finalizers) > 0 || set.Status.Shard != "eddy-elsewhere" {
		t.Fatalf("it is worked on by %q, %v", set.Status.Shard, err)
	}
	changeStatus(t, set, func() { set.Status.Shard = "" })
	settled(t, name, "two")
}
