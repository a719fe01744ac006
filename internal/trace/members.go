package trace

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/preview"
)

// Members are the objects of some previews by their names, which is enough to know
// their events: much less is read than for a Tree.
type Members struct {
	reader *Reader
	// known says of an object whether it belongs to one of the previews.
	known map[named]bool
	// words: what a set says counts where it holds one of these; all of it when
	// there are none.
	words []string
}

// named is an object as events name it: without its group.
type named struct{ kind, namespace, name string }

func nameOf(id object.Ref) named {
	return named{id.Kind, id.Namespace, id.Name}
}

// Members finds the objects of previews; those of all when there are none given.
func (r *Reader) Members(ctx context.Context, snapshot preview.Snapshot, previews ...preview.View) (*Members, error) {
	members := &Members{reader: r, known: map[named]bool{}}
	all := len(previews) == 0
	if all {
		previews = snapshot.Previews()
		for _, provider := range snapshot.Providers {
			members.known[named{v1.ResourceSetInputProviderKind, provider.Namespace, provider.Name}] = true
		}
		for _, set := range snapshot.Sets {
			members.known[named{v1.ResourceSetKind, set.Namespace, set.Name}] = true
		}
	}
	for _, p := range previews {
		if !all {
			members.words = append(members.words, wordsFor(p)...)
		}
		if err := members.add(ctx, snapshot, p); err != nil {
			return nil, err
		}
	}
	members.addMadeByWorkloads(ctx)
	return members, nil
}

// add adds what is known of a preview without asking for its objects.
func (m *Members) add(ctx context.Context, snapshot preview.Snapshot, p preview.View) error {
	m.known[named{v1.ResourceSetKind, p.Namespace, p.Set}] = true
	for _, provider := range snapshot.ProvidersOf(p) {
		m.known[named{v1.ResourceSetInputProviderKind, provider.Namespace, provider.Name}] = true
	}
	for _, entry := range snapshot.EntriesOf(p) {
		if len(m.words) > 0 {
			m.words = append(m.words, entry.String())
		}
	}
	return m.descend(ctx, snapshot, snapshot.EntriesOf(p))
}

// descend adds objects, and what deployers among them deployed: each once, as they may
// list each other.
func (m *Members) descend(ctx context.Context, snapshot preview.Snapshot, level []preview.Entry) error {
	met := map[object.Ref]bool{}
	for below := depth; below >= 0; below-- {
		var next []preview.Entry
		for _, entry := range firsts(level, met) {
			m.known[nameOf(entry.Ref)] = true
			if !flux.Deploys(entry.GroupKind()) || below == 0 {
				continue
			}
			deployer, err := m.deployer(ctx, snapshot, entry)
			if err != nil {
				return err
			}
			if deployer != nil {
				next = append(next, deployedBy(deployer)...)
			}
		}
		level = next
	}
	return nil
}

// deployer finds one, or reads it; nil where it is not there, or may not be read.
func (m *Members) deployer(ctx context.Context, snapshot preview.Snapshot, entry preview.Entry) (*unstructured.Unstructured, error) {
	for i := range snapshot.Deployers {
		if object.RefOf(&snapshot.Deployers[i]) == entry.Ref {
			return &snapshot.Deployers[i], nil
		}
	}
	node, err := m.reader.node(ctx, entry)
	if err != nil {
		return nil, err
	}
	return node.Object, nil
}

// addMadeByWorkloads adds what the workloads made: ReplicaSets, Jobs and pods.
func (m *Members) addMadeByWorkloads(ctx context.Context) {
	for _, namespace := range m.Namespaces() {
		for _, kind := range madeByWorkloads() {
			list := &metav1.PartialObjectMetadataList{}
			list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
			if err := m.reader.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
				m.reader.Warn("the %ss in %s are not known: %s", kind.Kind, namespace, err)
				continue
			}
			for _, one := range list.Items {
				if m.owns(&one) {
					m.known[named{kind.Kind, namespace, one.Name}] = true
				}
			}
		}
	}
}

func (m *Members) owns(o client.Object) bool {
	return slices.ContainsFunc(o.GetOwnerReferences(), func(owner metav1.OwnerReference) bool {
		return m.known[named{owner.Kind, o.GetNamespace(), owner.Name}]
	})
}

// Namespaces lists where the objects are, in order.
func (m *Members) Namespaces() []string {
	var out []string
	for one := range m.known {
		if one.namespace != "" && !slices.Contains(out, one.namespace) {
			out = append(out, one.namespace)
		}
	}
	slices.Sort(out)
	return out
}

// joins reports whether an object that was not there before has come to belong
// to the previews, such as a new pod. It is asked for once.
func (m *Members) joins(ctx context.Context, event corev1.Event) bool {
	about := event.InvolvedObject
	id := named{about.Kind, about.Namespace, about.Name}
	if _, asked := m.known[id]; asked {
		return false
	}
	m.known[id] = false
	at := slices.IndexFunc(madeByWorkloads(), func(kind schema.GroupVersionKind) bool { return kind.Kind == about.Kind })
	if at < 0 {
		return false
	}
	found := &metav1.PartialObjectMetadata{}
	found.SetGroupVersionKind(madeByWorkloads()[at])
	if m.reader.Client.Get(ctx, client.ObjectKey{Namespace: about.Namespace, Name: about.Name}, found) != nil {
		return false // it is gone already, or not ours to read
	}
	for _, owner := range found.OwnerReferences { // a pod may come before its ReplicaSet has been heard of
		m.joins(ctx, corev1.Event{InvolvedObject: corev1.ObjectReference{Kind: owner.Kind, Namespace: about.Namespace, Name: owner.Name}})
	}
	m.known[id] = m.owns(found)
	return m.known[id]
}
