// Package diff tells what applying manifests would change in the cluster, by
// dry run: the objects themselves and, for a ResourceSet, what the operator would
// then stamp out, change and prune.
//
//	differ := diff.Differ{Client: cluster, Kinds: kinds, Namespace: "app-dev"}
//	result, err := differ.Compare(ctx, manifests)
//	text := result.Changes[0].Unified() // a unified diff, Secrets masked
//
// A ResourceSet is rendered with what its providers export now: a provider among
// the manifests is compared, but not asked.
package diff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/ssa"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/plan"
)

// manager is the operator's field manager.
const manager = "eddy"

// Differ compares manifests with a cluster.
type Differ struct {
	Client client.Client
	// Kinds tells what the cluster serves.
	Kinds *apply.Kinds
	// Namespace of objects that name none.
	Namespace string
	// Ignored is what is not compared of some manifests.
	Ignored Ignored
}

// Result is what applying would do.
type Result struct {
	// Changes in the order of applying; what would stay as it is is not there.
	Changes []Change
	// Notes say what could not be told.
	Notes []string
	// Failed are objects and previews that would be refused.
	Failed []error
}

// Compare compares each manifest, and what comes of each ResourceSet. The error
// is one that ends it all, such as a cluster that does not answer.
func (d *Differ) Compare(ctx context.Context, manifests []*unstructured.Unstructured) (Result, error) {
	run := &comparing{Differ: d, manifests: manifests, planned: map[object.Ref]bool{}}
	defined := apply.DefinitionsIn(manifests)
	for _, manifest := range manifests {
		_ = d.Kinds.Place(manifest, d.Namespace, defined) // what is wrong with it is told when it is compared
		run.planned[object.RefOf(manifest)] = true
	}
	for _, manifest := range manifests {
		if err := run.manifest(ctx, manifest); err != nil {
			return Result{}, err
		}
	}
	for _, manifest := range manifests {
		if gvk := manifest.GroupVersionKind(); gvk.Group != v1.Group || gvk.Kind != v1.ResourceSetKind {
			continue
		}
		if err := run.set(ctx, manifest); err != nil {
			return Result{}, err
		}
	}
	return run.Result, nil
}

// comparing gathers a Result.
type comparing struct {
	*Differ
	Result
	manifests []*unstructured.Unstructured
	// planned are the objects that would be applied: one may need another.
	planned map[object.Ref]bool
}

// manifest compares what a person applies, as whoever applied it before.
func (c *comparing) manifest(ctx context.Context, manifest *unstructured.Unstructured) error {
	applier := apply.Applier{Client: c.Client, Kinds: c.Kinds, OwnerExists: c.exists}
	before, err := applier.Read(ctx, object.RefOf(manifest), manifest.GroupVersionKind().Version)
	if err != nil {
		return err
	}
	if before != nil && told(manifest, "ssa", kustomizev1.IfNotPresentValue) && len(flux.DeployersOf(before.GetLabels())) > 0 {
		return nil // Flux has made it, and leaves it alone
	}
	applier.FieldManager = managerOf(before)
	ignored := c.Ignored[manifest]
	manifest = asDeployed(manifest, before)
	owner := apply.Owner{}
	if before != nil { // to whom it belongs is not the question here
		owner.Name, owner.Namespace = before.GetLabels()[v1.OwnerLabelPrefix+"/name"], before.GetLabels()[v1.OwnerLabelPrefix+"/namespace"]
	}
	found, err := applier.DryRun(ctx, owner, manifest)
	if err == nil && len(ignored) > 0 {
		err = leaveOut(found, ignored)
	}
	return c.add(found, err)
}

// managerOf is who has applied an object: what they do not write any more goes. Of
// several it is Flux, where it deploys the object, else who has applied most of it.
func managerOf(stored *unstructured.Unstructured) string {
	if stored == nil {
		return manager
	}
	deployed, most, out := len(flux.DeployersOf(stored.GetLabels())) > 0, 0, manager
	for _, entry := range stored.GetManagedFields() {
		if entry.Operation != metav1.ManagedFieldsOperationApply || entry.Subresource != "" || entry.FieldsV1 == nil {
			continue
		}
		if deployed && flux.IsController(entry.Manager) {
			return entry.Manager
		}
		if size := len(entry.FieldsV1.GetRawBytes()); size > most {
			most, out = size, entry.Manager
		}
	}
	return out
}

// asDeployed is a manifest with the labels that Flux puts on what it deploys, where
// it has deployed the object: nobody writes them down.
func asDeployed(manifest, stored *unstructured.Unstructured) *unstructured.Unstructured {
	if stored == nil {
		return manifest
	}
	labels, out := manifest.GetLabels(), manifest
	for _, name := range flux.DeployerLabels() {
		value, is := stored.GetLabels()[name]
		if _, own := labels[name]; !is || own {
			continue
		}
		if labels == nil {
			labels = map[string]string{}
		}
		labels[name] = value
		out = manifest.DeepCopy()
	}
	out.SetLabels(labels)
	return out
}

// add adds a difference, if there is one.
func (c *comparing) add(found apply.Difference, err error) error {
	switch {
	case err == nil:
	case c.comes(found, err):
	case isLost(err):
		return err
	default:
		c.Failed = append(c.Failed, err)
		return nil
	}
	if change := (Change{Ref: found.Ref, before: clean(found.Before), after: clean(found.After)}); change.Unified() != "" {
		c.Changes = append(c.Changes, change)
	}
	return nil
}

// comes reports whether an object is refused only for the want of another that
// would be applied with it: its namespace, or the definition of its kind.
func (c *comparing) comes(found apply.Difference, err error) bool {
	if found.After == nil || found.Before != nil {
		return false
	}
	if meta.IsNoMatchError(err) {
		for ref := range c.planned {
			if ref.Kind == "CustomResourceDefinition" {
				return true
			}
		}
	}
	return apierrors.IsNotFound(err) && c.planned[object.Ref{Kind: "Namespace", Name: found.Ref.Namespace}]
}

// isLost reports whether an error is about the way to the cluster, not about one
// object.
func isLost(err error) bool {
	var status apierrors.APIStatus
	return apierrors.IsUnauthorized(err) || (!errors.As(err, &status) && !meta.IsNoMatchError(err) && errors.Is(err, context.Canceled))
}

// set compares what a ResourceSet would stamp out with what it has. Where the
// operator would stop, or wait, nothing of it is compared.
func (c *comparing) set(ctx context.Context, manifest *unstructured.Unstructured) error {
	set := &v1.ResourceSet{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(manifest.Object, set); err != nil {
		return fmt.Errorf("ResourceSet %s/%s: %w", manifest.GetNamespace(), manifest.GetName(), err)
	}
	stored := &v1.ResourceSet{}
	err := c.Client.Get(ctx, client.ObjectKeyFromObject(set), stored)
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	set.Status = stored.Status
	providers, err := c.providers(ctx, set)
	if err != nil {
		return err
	}
	inputs, err := plan.InputsOf(set, providers)
	var unheard *plan.Unheard
	switch {
	case errors.As(err, &unheard):
		c.note(set, err)
		return nil
	case err != nil:
		c.fail(set, fmt.Errorf("the operator would stop: %w", err))
		return nil
	}
	if set.IsDisabled() {
		c.note(set, errors.New("it is suspended: what is shown of it happens when it is resumed"))
	}
	// What objects take from others is read with the permissions of who asks.
	reader := apply.Applier{Client: c.Client, Kinds: c.Kinds}
	wanted, err := plan.Make(ctx, plan.Request{
		Set: set, Inputs: inputs.Sets, Place: c.Kinds.Placer(set.Namespace), References: reader.References(),
	})
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil:
		c.fail(set, fmt.Errorf("the operator would stop: %w", err))
		return nil
	}
	return c.compare(ctx, set, wanted, inputs.Silent)
}

// providers returns those that a set may refer to, as they would be then: with
// what they export now, which is nothing yet for one that is only among the
// manifests. Who compares a set that refers to none needs no right to list them.
func (c *comparing) providers(ctx context.Context, set *v1.ResourceSet) ([]v1.ResourceSetInputProvider, error) {
	if len(set.Spec.InputsFrom) == 0 {
		return nil, nil
	}
	namespace, stored := set.Namespace, v1.ResourceSetInputProviderList{}
	if err := c.Client.List(ctx, &stored, client.InNamespace(namespace)); err != nil {
		return nil, err
	}
	out := stored.Items
	for _, manifest := range c.manifests {
		if gvk := manifest.GroupVersionKind(); gvk.Group != v1.Group || gvk.Kind != v1.ResourceSetInputProviderKind || manifest.GetNamespace() != namespace {
			continue
		}
		at := slices.IndexFunc(out, func(p v1.ResourceSetInputProvider) bool { return p.Name == manifest.GetName() })
		if at < 0 {
			at, out = len(out), append(out, v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: manifest.GetName()}})
		}
		out[at].Labels = manifest.GetLabels()
	}
	return out, nil
}

// fail notes why a set cannot be compared.
func (c *comparing) fail(set *v1.ResourceSet, err error) {
	c.Failed = append(c.Failed, fmt.Errorf("ResourceSet %s/%s: %w", set.Namespace, set.Name, err))
}

// note says why nothing comes of a set yet.
func (c *comparing) note(set *v1.ResourceSet, why error) {
	c.Notes = append(c.Notes, fmt.Sprintf("ResourceSet %s/%s: %v", set.Namespace, set.Name, why))
}

// compare compares the objects of a plan, and what it leaves out.
func (c *comparing) compare(ctx context.Context, set *v1.ResourceSet, wanted plan.Plan, silent []string) error {
	failed := map[string]bool{}
	for _, preview := range wanted.Previews {
		if preview.Err != nil {
			failed[preview.Input.Key()] = true
			c.Failed = append(c.Failed, preview.Err)
		}
	}
	var objects []*unstructured.Unstructured
	for _, one := range wanted.Objects() {
		c.planned[object.RefOf(one.Unstructured)] = true
		if slices.ContainsFunc(one.Askers(), func(key string) bool { return !failed[key] }) {
			objects = append(objects, one.Unstructured)
		}
	}
	inventory, err := apply.ReadInventory(set.Status.Inventory)
	if err != nil {
		return err
	}
	inventory = c.Kinds.Placed(inventory)
	applier := apply.Applier{Client: c.Client, Kinds: c.Kinds, FieldManager: manager, OwnerExists: c.exists, Memory: apply.NewMemory()}
	applier.Memory.Recall(inventory) // what has ended and gone is not created
	owner := apply.Owner{Name: set.Name, Namespace: set.Namespace, Force: v1.IsForced(set.Annotations)}
	slices.SortStableFunc(objects, inOrder)
	for _, o := range objects {
		if err := c.add(applier.DryRun(ctx, owner, o)); err != nil {
			return err
		}
	}
	if len(silent) > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%s not reported yet: the previews of such inputs are not known, and nothing is deleted", nobodyYet(silent)))
		return nil
	}
	return c.pruned(ctx, set, inventory, failed)
}

// inOrder compares objects by the order of applying.
func inOrder(a, b *unstructured.Unstructured) int {
	switch order := (ssa.SortableUnstructureds{a, b}); {
	case order.Less(0, 1):
		return -1
	case order.Less(1, 0):
		return 1
	default:
		return 0
	}
}

// pruned compares what the set has and would not have any more. A preview that
// cannot be rendered keeps what it has.
func (c *comparing) pruned(ctx context.Context, set *v1.ResourceSet, inventory apply.Inventory, failed map[string]bool) error {
	applier := apply.Applier{Client: c.Client, Kinds: c.Kinds}
	for _, entry := range inventory {
		if c.planned[entry.Ref] || failed[entry.Owner] {
			continue
		}
		found, err := applier.DryDelete(ctx, apply.Owner{Name: set.Name, Namespace: set.Namespace}, entry)
		if err != nil {
			return err
		}
		if found.Before == nil {
			continue
		}
		if err := c.add(found, nil); err != nil {
			return err
		}
	}
	return nil
}

// nobodyYet names providers that have yet to report.
func nobodyYet(names []string) string {
	if len(names) == 1 {
		return "provider " + names[0] + " has"
	}
	return "providers " + strings.Join(names, ", ") + " have"
}

// exists tells whether the owner of an object is still there.
func (c *comparing) exists(ctx context.Context, owner apply.Owner) (bool, error) {
	err := c.Client.Get(ctx, client.ObjectKey{Namespace: owner.Namespace, Name: owner.Name}, &v1.ResourceSet{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}
