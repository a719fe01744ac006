package trace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/object"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Kin are the objects of some previews by their names, which is enough to know
// their events: much less is read than for a Tree.
type Kin struct {
	reader *Reader
	// known says of an object whether it belongs to one of the previews.
	known map[relative]bool
	// words: what a set says counts where it holds one of these; all of it when
	// there are none.
	words []string
}

// relative names an object as events do: without its group.
type relative struct{ kind, namespace, name string }

func relativeOf(id object.ObjMetadata) relative {
	return relative{id.GroupKind.Kind, id.Namespace, id.Name}
}

// Kin finds the objects of previews; those of all when there are none given.
func (r *Reader) Kin(ctx context.Context, snapshot Snapshot, previews ...Preview) (*Kin, error) {
	kin := &Kin{reader: r, known: map[relative]bool{}}
	all := len(previews) == 0
	if all {
		previews = snapshot.Previews()
		for _, provider := range snapshot.Providers {
			kin.known[relative{v1.ResourceSetInputProviderKind, provider.Namespace, provider.Name}] = true
		}
		for _, set := range snapshot.Sets {
			kin.known[relative{v1.ResourceSetKind, set.Namespace, set.Name}] = true
		}
	}
	for _, p := range previews {
		if !all {
			kin.words = append(kin.words, p.Key())
		}
		if err := kin.add(ctx, snapshot, p); err != nil {
			return nil, err
		}
	}
	kin.grow(ctx)
	return kin, nil
}

// add adds what is known of a preview without asking for its objects.
func (k *Kin) add(ctx context.Context, snapshot Snapshot, p Preview) error {
	k.known[relative{v1.ResourceSetKind, p.Namespace, p.Set}] = true
	for _, provider := range snapshot.ProvidersOf(p) {
		k.known[relative{v1.ResourceSetInputProviderKind, provider.Namespace, provider.Name}] = true
	}
	set := snapshot.set(p)
	if set == nil {
		return nil
	}
	for _, entry := range entriesOf(set.Status.Inventory) {
		if entry.input != p.Key() {
			continue
		}
		if len(k.words) > 0 {
			k.words = append(k.words, entry.GroupKind.Kind+"/"+entry.Namespace+"/"+entry.Name)
		}
		if err := k.descend(ctx, snapshot, entry, depth); err != nil {
			return err
		}
	}
	return nil
}

// descend adds an object and what it deployed.
func (k *Kin) descend(ctx context.Context, snapshot Snapshot, e entry, below int) error {
	k.known[relativeOf(e.ObjMetadata)] = true
	if !isDeployer(e.GroupKind) || below == 0 {
		return nil
	}
	var deployer *unstructured.Unstructured
	for i := range snapshot.Deployers {
		if object.UnstructuredToObjMetadata(&snapshot.Deployers[i]) == e.ObjMetadata {
			deployer = &snapshot.Deployers[i]
		}
	}
	if deployer == nil {
		node, err := k.reader.node(ctx, e)
		if err != nil || node.Object == nil {
			return err
		}
		deployer = node.Object
	}
	for _, deployed := range deployedBy(deployer) {
		if err := k.descend(ctx, snapshot, deployed, below-1); err != nil {
			return err
		}
	}
	return nil
}

// deployedBy returns what a deployer has deployed into its own cluster.
func deployedBy(deployer *unstructured.Unstructured) []entry {
	if _, remote, _ := unstructured.NestedFieldNoCopy(deployer.Object, "spec", "kubeConfig"); remote {
		return nil
	}
	stored, _, _ := unstructured.NestedMap(deployer.Object, "status", "inventory")
	var inventory v1.ResourceInventory
	if stored == nil || runtime.DefaultUnstructuredConverter.FromUnstructured(stored, &inventory) != nil {
		return nil
	}
	return entriesOf(&inventory)
}

// offspring are the kinds that controllers make of workloads, parents first.
func offspring() []schema.GroupVersionKind {
	return []schema.GroupVersionKind{
		{Group: "batch", Version: "v1", Kind: "Job"}, {Group: "apps", Version: "v1", Kind: "ReplicaSet"}, {Version: "v1", Kind: "Pod"},
	}
}

// grow adds what the workloads made: ReplicaSets, Jobs and pods.
func (k *Kin) grow(ctx context.Context) {
	for _, namespace := range k.Namespaces() {
		for _, kind := range offspring() {
			list := &metav1.PartialObjectMetadataList{}
			list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
			if err := k.reader.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
				k.reader.Warn("the %ss in %s are not known: %s", kind.Kind, namespace, err)
				continue
			}
			for _, one := range list.Items {
				if k.owns(&one) {
					k.known[relative{kind.Kind, namespace, one.Name}] = true
				}
			}
		}
	}
}

func (k *Kin) owns(o client.Object) bool {
	return slices.ContainsFunc(o.GetOwnerReferences(), func(owner metav1.OwnerReference) bool {
		return k.known[relative{owner.Kind, o.GetNamespace(), owner.Name}]
	})
}

// Namespaces lists where the objects are, in order.
func (k *Kin) Namespaces() []string {
	var out []string
	for one := range k.known {
		if one.namespace != "" && !slices.Contains(out, one.namespace) {
			out = append(out, one.namespace)
		}
	}
	slices.Sort(out)
	return out
}

// Events lists the events of the objects, oldest first.
func (k *Kin) Events(ctx context.Context) ([]corev1.Event, error) {
	var out []corev1.Event
	for _, namespace := range k.Namespaces() {
		list := &corev1.EventList{}
		if err := k.reader.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return nil, fmt.Errorf("listing the events in %s: %w", namespace, err)
		}
		for _, one := range list.Items {
			if k.has(one) {
				out = append(out, one)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b corev1.Event) int { return When(a).Compare(When(b)) })
	return out, nil
}

// has reports whether an event is about one of the objects.
func (k *Kin) has(event corev1.Event) bool {
	about := event.InvolvedObject
	if !k.known[relative{about.Kind, about.Namespace, about.Name}] {
		return false
	}
	return about.Kind != v1.ResourceSetKind || len(k.words) == 0 ||
		slices.ContainsFunc(k.words, func(word string) bool { return strings.Contains(event.Message, word) })
}

// FollowEvents shows each event that comes after those that were listed, until
// the context ends or something fails.
func (k *Kin) FollowEvents(ctx context.Context, listed []corev1.Event, see func(corev1.Event) error) error {
	shown := map[types.UID]string{}
	for _, one := range listed {
		shown[one.UID] = one.ResourceVersion
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	happened := make(chan corev1.Event)
	for _, namespace := range k.Namespaces() {
		k.reader.watch(ctx, watching{
			kind: &corev1.Event{}, list: &corev1.EventList{}, scope: client.ListOptions{Namespace: namespace},
			tell: func(object any) {
				if one, isEvent := object.(*corev1.Event); isEvent {
					select {
					case happened <- *one:
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
		case one := <-happened:
			if shown[one.UID] == one.ResourceVersion {
				continue
			}
			if !k.has(one) && (!k.joins(ctx, one) || !k.has(one)) {
				continue
			}
			shown[one.UID] = one.ResourceVersion
			if err := see(one); err != nil {
				return err
			}
		}
	}
}

// joins reports whether an object that was not there before has come to belong
// to the previews, such as a new pod. It is asked for once.
func (k *Kin) joins(ctx context.Context, event corev1.Event) bool {
	about := event.InvolvedObject
	id := relative{about.Kind, about.Namespace, about.Name}
	if _, asked := k.known[id]; asked {
		return false
	}
	k.known[id] = false
	at := slices.IndexFunc(offspring(), func(kind schema.GroupVersionKind) bool { return kind.Kind == about.Kind })
	if at < 0 {
		return false
	}
	found := &metav1.PartialObjectMetadata{}
	found.SetGroupVersionKind(offspring()[at])
	if k.reader.Client.Get(ctx, client.ObjectKey{Namespace: about.Namespace, Name: about.Name}, found) != nil {
		return false // it is gone already, or not ours to read
	}
	for _, owner := range found.OwnerReferences { // a pod may come before its ReplicaSet has been heard of
		k.joins(ctx, corev1.Event{InvolvedObject: corev1.ObjectReference{Kind: owner.Kind, Namespace: about.Namespace, Name: owner.Name}})
	}
	k.known[id] = k.owns(found)
	return k.known[id]
}
