package trace

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/preview"
)

// parallel is how many objects are read at once.
const parallel = 8

// Tree reads all objects of a preview, from its providers to its pods, with
// their events. What may not be read is in the tree, and says so.
func (r *Reader) Tree(ctx context.Context, snapshot preview.Snapshot, p preview.View) (*diagnose.Node, error) {
	set := snapshot.SetOf(p)
	if set == nil {
		return nil, &preview.NotFoundError{Name: p.Name}
	}
	root, err := nodeOf(set, v1.ResourceSetKind)
	if err != nil {
		return nil, err
	}
	root.Preview = snapshot.LineOf(p)
	if err := r.grow(ctx, inventory{root, snapshot.EntriesOf(p)}); err != nil {
		return nil, err
	}
	for _, child := range root.Children {
		child.NotApplied = !preview.IsApplied(set, root.Preview)
	}
	r.events(ctx, root, r.addPods(ctx, root))
	keepEventsOf(root, p)
	return r.above(snapshot, p, root)
}

// above puts the provider on top of the set. Of several, combined by Permute, all
// but the last are what the set needs.
func (r *Reader) above(snapshot preview.Snapshot, p preview.View, set *diagnose.Node) (*diagnose.Node, error) {
	root := set
	for _, provider := range snapshot.ProvidersOf(p) {
		node, err := nodeOf(&provider, v1.ResourceSetInputProviderKind)
		if err != nil {
			return nil, err
		}
		node.Children = []*diagnose.Node{root}
		root = node
	}
	return root, nil
}

// nodeOf makes a node of an object of ours.
func nodeOf(o client.Object, kind string) (*diagnose.Node, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, fmt.Errorf("reading %s %s/%s: %w", kind, o.GetNamespace(), o.GetName(), err)
	}
	u := &unstructured.Unstructured{Object: fields}
	u.SetGroupVersionKind(v1.GroupVersion.WithKind(kind))
	return &diagnose.Node{ID: object.RefOf(u), Object: u}, nil
}

// inventory is what a node has deployed.
type inventory struct {
	of      *diagnose.Node
	entries []preview.Entry
}

// grow reads the objects of an inventory, and what deployers among them deployed. What
// several have is read once, and stands where it is highest: deployers may list each other.
func (r *Reader) grow(ctx context.Context, top inventory) error {
	met, level := map[object.Ref]bool{}, []inventory{top}
	for below := depth; below >= 0; below-- {
		var next []inventory
		for _, one := range level {
			var err error
			if one.of.Children, err = r.read(ctx, firsts(one.entries, met)); err != nil {
				return err
			}
			for _, node := range one.of.Children {
				if node.Object == nil || !flux.Deploys(node.ID.GroupKind()) || below == 0 {
					continue
				}
				if err := r.readNeeds(ctx, node); err != nil {
					return err
				}
				next = append(next, inventory{node, deployedBy(node.Object)})
			}
		}
		level = next
	}
	return nil
}

// read reads objects.
func (r *Reader) read(ctx context.Context, entries []preview.Entry) ([]*diagnose.Node, error) {
	nodes := make([]*diagnose.Node, len(entries))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, entry := range entries {
		group.Go(func() (err error) {
			nodes[i], err = r.node(groupCtx, entry)
			return err
		})
	}
	return nodes, group.Wait()
}

// node reads one object.
func (r *Reader) node(ctx context.Context, e preview.Entry) (*diagnose.Node, error) {
	node, found := &diagnose.Node{ID: e.Ref, Ended: e.Ended}, &unstructured.Unstructured{}
	found.SetGroupVersionKind(e.GroupKind().WithVersion(e.Version))
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: e.Namespace, Name: e.Name}, found)
	switch {
	case err == nil:
		node.Object = found
	case apierrors.IsNotFound(err):
	case meta.IsNoMatchError(err):
		node.Unread = "the cluster does not know this kind"
	case apierrors.IsForbidden(err):
		node.Unread = "you may not read it"
	default:
		return nil, fmt.Errorf("reading %s: %w", e.Ref, err)
	}
	return node, nil
}

// readNeeds reads what a deployer needs.
func (r *Reader) readNeeds(ctx context.Context, deployer *diagnose.Node) error {
	for _, need := range needsOf(deployer.Object) {
		node, err := r.unversioned(ctx, need)
		if err != nil {
			return err
		}
		deployer.Needs = append(deployer.Needs, node)
	}
	return nil
}

// unversioned reads an object in the version that the cluster prefers.
func (r *Reader) unversioned(ctx context.Context, id object.Ref) (*diagnose.Node, error) {
	mapping, err := r.Client.RESTMapper().RESTMapping(id.GroupKind())
	if meta.IsNoMatchError(err) {
		return &diagnose.Node{ID: id, Unread: "the cluster does not know this kind"}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", id.GroupKind(), err)
	}
	return r.node(ctx, preview.Entry{Ref: id, Version: mapping.GroupVersionKind.Version})
}

// needsOf lists what a deployer refers to: its source, and its dependencies.
func needsOf(deployer *unstructured.Unstructured) []object.Ref {
	return append(flux.Sources(deployer), flux.Dependencies(deployer)...)
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
