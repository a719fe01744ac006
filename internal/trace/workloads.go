package trace

import (
	"cmp"
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/object"
)

// owners says, by UID, which node an object belongs to: itself, or the one that
// a ReplicaSet, which is not shown, stands behind.
type owners map[types.UID]*diagnose.Node

// workloads are the kinds whose pods are looked for.
func workloads() []string {
	return []string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"}
}

// madeByWorkloads are the kinds that controllers make of workloads, parents first.
func madeByWorkloads() []schema.GroupVersionKind {
	return []schema.GroupVersionKind{
		{Group: "batch", Version: "v1", Kind: "Job"}, {Group: "apps", Version: "v1", Kind: "ReplicaSet"}, {Version: "v1", Kind: "Pod"},
	}
}

// addPods finds the pods of the workloads in a tree by their owner references,
// and adds them to it. ReplicaSets are passed over.
func (r *Reader) addPods(ctx context.Context, root *diagnose.Node) owners {
	known, namespaces := owners{}, []string{}
	Walk(root, func(n *diagnose.Node) {
		if n.Object == nil {
			return
		}
		known[n.Object.GetUID()] = n
		if slices.Contains(workloads(), n.ID.Kind) && !slices.Contains(namespaces, n.ID.Namespace) {
			namespaces = append(namespaces, n.ID.Namespace)
		}
	})
	for _, namespace := range namespaces {
		for _, kind := range madeByWorkloads() {
			list := listOf(kind)
			if err := r.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
				r.Warn("the %ss in %s are not known: %s", kind.Kind, namespace, err)
				continue
			}
			known.add(list.Items, kind)
		}
	}
	return known
}

// add adds objects to those that own them.
func (o owners) add(objects []unstructured.Unstructured, kind schema.GroupVersionKind) {
	slices.SortFunc(objects, func(a, b unstructured.Unstructured) int { return cmp.Compare(a.GetName(), b.GetName()) })
	for i := range objects {
		one := &objects[i]
		one.SetGroupVersionKind(kind)
		for _, owner := range one.GetOwnerReferences() {
			parent := o[owner.UID]
			switch {
			case parent == nil || o[one.GetUID()] != nil:
			case kind.Kind == "ReplicaSet":
				o[one.GetUID()] = parent
			default:
				child := &diagnose.Node{ID: object.RefOf(one), Object: one}
				parent.Children = append(parent.Children, child)
				o[one.GetUID()] = child
			}
		}
	}
}
