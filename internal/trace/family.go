package trace

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/fluxcd/cli-utils/pkg/object"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/diagnose"
)

// family says, by UID, which node an object belongs to: itself, or the one that
// a ReplicaSet, which is not shown, stands behind.
type family map[types.UID]*diagnose.Node

// workloads are the kinds whose pods are looked for.
func workloads() []string {
	return []string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"}
}

// family finds the pods of the workloads in a tree by their owner references,
// and adds them to it. ReplicaSets are passed over.
func (r *Reader) family(ctx context.Context, root *diagnose.Node) family {
	members, namespaces := family{}, []string{}
	Walk(root, func(n *diagnose.Node) {
		if n.Object == nil {
			return
		}
		members[n.Object.GetUID()] = n
		if slices.Contains(workloads(), n.ID.GroupKind.Kind) && !slices.Contains(namespaces, n.ID.Namespace) {
			namespaces = append(namespaces, n.ID.Namespace)
		}
	})
	for _, namespace := range namespaces {
		for _, kind := range offspring() {
			list := &unstructured.UnstructuredList{}
			list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
			if err := r.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
				r.Warn("the %ss in %s are not known: %s", kind.Kind, namespace, err)
				continue
			}
			members.adopt(list.Items, kind)
		}
	}
	return members
}

// adopt adds objects to those that own them.
func (f family) adopt(objects []unstructured.Unstructured, kind schema.GroupVersionKind) {
	slices.SortFunc(objects, func(a, b unstructured.Unstructured) int { return cmp.Compare(a.GetName(), b.GetName()) })
	for i := range objects {
		o := &objects[i]
		o.SetGroupVersionKind(kind)
		for _, owner := range o.GetOwnerReferences() {
			parent := f[owner.UID]
			switch {
			case parent == nil || f[o.GetUID()] != nil:
			case kind.Kind == "ReplicaSet":
				f[o.GetUID()] = parent
			default:
				child := &diagnose.Node{ID: object.UnstructuredToObjMetadata(o), Object: o}
				parent.Children = append(parent.Children, child)
				f[o.GetUID()] = child
			}
		}
	}
}

// events gives each node its events, oldest first.
func (r *Reader) events(ctx context.Context, root *diagnose.Node, members family) {
	for _, namespace := range namespacesOf(root) {
		list := &corev1.EventList{}
		if err := r.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
			r.Warn("the events in %s are not known: %s", namespace, err)
			continue
		}
		for _, event := range list.Items {
			if node := members.of(event); node != nil {
				node.Events = append(node.Events, event)
			}
		}
	}
	Walk(root, func(n *diagnose.Node) {
		slices.SortStableFunc(n.Events, func(a, b corev1.Event) int { return When(a).Compare(When(b)) })
	})
}

// of returns the node that an event is about.
func (f family) of(event corev1.Event) *diagnose.Node { return f[event.InvolvedObject.UID] }

// keepEventsOf drops what a set says of its other previews.
func keepEventsOf(set *diagnose.Node, p Preview) {
	set.Events = slices.DeleteFunc(set.Events, func(event corev1.Event) bool {
		if strings.Contains(event.Message, p.Key()) {
			return false
		}
		for _, child := range set.Children {
			id := child.ID
			if strings.Contains(event.Message, id.GroupKind.Kind+"/"+id.Namespace+"/"+id.Name) {
				return false
			}
		}
		return true
	})
}

// When is when an event was last seen.
func When(event corev1.Event) time.Time {
	switch {
	case event.Series != nil && !event.Series.LastObservedTime.IsZero():
		return event.Series.LastObservedTime.Time
	case !event.LastTimestamp.IsZero():
		return event.LastTimestamp.Time
	case !event.EventTime.IsZero():
		return event.EventTime.Time
	default:
		return event.CreationTimestamp.Time
	}
}

// Walk visits a tree, parents first.
func Walk(n *diagnose.Node, visit func(*diagnose.Node)) {
	visit(n)
	for _, child := range n.Children {
		Walk(child, visit)
	}
}

// namespacesOf lists the namespaces of a tree, each once. Events of what has none
// are in default, and not looked for.
func namespacesOf(root *diagnose.Node) []string {
	var out []string
	Walk(root, func(n *diagnose.Node) {
		if n.ID.Namespace != "" && !slices.Contains(out, n.ID.Namespace) {
			out = append(out, n.ID.Namespace)
		}
	})
	return out
}

// sourcesOf lists the sources of an input set, by what a status calls its
// provider: api, or of a permutation regions=eu/api=12.
func sourcesOf(provider string) []string {
	if !strings.Contains(provider, "=") {
		return []string{provider}
	}
	var out []string
	for _, part := range strings.Split(provider, "/") {
		source, _, _ := strings.Cut(part, "=")
		out = append(out, source)
	}
	return out
}
