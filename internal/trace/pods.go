package trace

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Pods lists the pods of the previews, by namespace and name.
func (m *Members) Pods(ctx context.Context) ([]corev1.Pod, error) {
	var out []corev1.Pod
	for _, namespace := range m.Namespaces() {
		list := &corev1.PodList{}
		if err := m.reader.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return nil, fmt.Errorf("listing the pods in %s: %w", namespace, err)
		}
		for _, pod := range list.Items {
			if m.known[named{"Pod", namespace, pod.Name}] {
				out = append(out, pod)
			}
		}
	}
	slices.SortFunc(out, func(a, b corev1.Pod) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

// FollowPods shows each pod of the previews as it is, and again whenever it has
// changed, those that are new included, until the context ends.
func (m *Members) FollowPods(ctx context.Context, see func(corev1.Pod)) error {
	changed := make(chan corev1.Pod)
	for _, namespace := range m.Namespaces() {
		m.reader.watch(ctx, watching{
			kind: &corev1.Pod{}, list: &corev1.PodList{}, scope: client.ListOptions{Namespace: namespace},
			tell: func(object any) {
				if pod, isPod := object.(*corev1.Pod); isPod {
					select {
					case changed <- *pod:
					case <-ctx.Done():
					}
				}
			},
		})
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case pod := <-changed:
			about := corev1.ObjectReference{Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name}
			if m.known[named{"Pod", pod.Namespace, pod.Name}] || m.joins(ctx, corev1.Event{InvolvedObject: about}) {
				see(pod)
			}
		}
	}
}
