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

	"github.com/fluxcd/pkg/ssa"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/render"
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
	run := &comparing{Differ: d, planned: map[apply.Ref]bool{}}
	defined := apply.DefinitionsIn(manifests)
	for _, manifest := range manifests {
		_ = d.Kinds.Place(manifest, d.Namespace, defined) // what is wrong with it is told when it is compared
		run.planned[apply.RefOf(manifest)] = true
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
	// planned are the objects that would be applied: one may need another.
	planned map[apply.Ref]bool
}

// manifest compares what a person applies, as whoever applied it before.
func (c *comparing) manifest(ctx context.Context, manifest *unstructured.Unstructured) error {
	applier := apply.Applier{Client: c.Client, Kinds: c.Kinds, OwnerExists: c.exists}
	before, err := applier.Read(ctx, apply.RefOf(manifest), manifest.GroupVersionKind().Version)
	if err != nil {
		return err
	}
	applier.FieldManager = managerOf(before)
	owner := apply.Owner{}
	if before != nil { // to whom it belongs is not the question here
		owner.Name, owner.Namespace = before.GetLabels()[v1.OwnerLabelPrefix+"/name"], before.GetLabels()[v1.OwnerLabelPrefix+"/namespace"]
	}
	return c.add(applier.DryRun(ctx, owner, manifest))
}

// managerOf is who has applied an object: what they do not write any more goes.
func managerOf(stored *unstructured.Unstructured) string {
	if stored == nil {
		return manager
	}
	for _, entry := range stored.GetManagedFields() {
		if entry.Operation == "Apply" && entry.Subresource == "" {
			return entry.Manager
		}
	}
	return manager
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
	return apierrors.IsNotFound(err) && c.planned[apply.Ref{Kind: "Namespace", Name: found.Ref.Namespace}]
}

// isLost reports whether an error is about the way to the cluster, not about one
// object.
func isLost(err error) bool {
	var status apierrors.APIStatus
	return apierrors.IsUnauthorized(err) || (!errors.As(err, &status) && !meta.IsNoMatchError(err) && errors.Is(err, context.Canceled))
}

// set compares what a ResourceSet would stamp out with what it has.
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
	providers, silent, err := c.providers(ctx, set)
	if err != nil {
		return err
	}
	combined, err := input.Combine(set, providers, input.Given(keysOf(set)))
	if err != nil {
		c.Failed = append(c.Failed, fmt.Errorf("ResourceSet %s/%s: %w", set.Namespace, set.Name, err))
		return nil
	}
	program, err := render.Compile(set)
	if err != nil {
		c.Failed = append(c.Failed, fmt.Errorf("ResourceSet %s/%s: %w", set.Namespace, set.Name, err))
		return nil
	}
	previews, err := program.All(ctx, combined.Sets)
	if err != nil {
		return err
	}
	for _, preview := range previews {
		for _, object := range preview.Objects {
			_ = c.Kinds.Place(object.Unstructured, set.Namespace, nil) // as above
		}
	}
	return c.plan(ctx, set, program.Combine(previews), silent)
}

// plan compares the objects of a plan, and what it leaves out.
func (c *comparing) plan(ctx context.Context, set *v1.ResourceSet, plan render.Plan, silent []string) error {
	failed := map[string]bool{}
	for _, preview := range plan.Previews {
		if preview.Err != nil {
			failed[preview.Input.Key()] = true
			c.Failed = append(c.Failed, preview.Err)
		}
	}
	objects := plan.Objects()
	for _, object := range objects {
		c.planned[apply.RefOf(object)] = true
	}
	applier := apply.Applier{Client: c.Client, Kinds: c.Kinds, FieldManager: manager, OwnerExists: c.exists}
	owner := apply.Owner{Name: set.Name, Namespace: set.Namespace, Force: v1.IsForced(set.Annotations)}
	slices.SortStableFunc(objects, func(a, b *unstructured.Unstructured) int {
		switch order := (ssa.SortableUnstructureds{a, b}); {
		case order.Less(0, 1):
			return -1
		case order.Less(1, 0):
			return 1
		default:
			return 0
		}
	})
	for _, object := range objects {
		if err := c.add(applier.DryRun(ctx, owner, object)); err != nil {
			return err
		}
	}
	if len(silent) > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%s not reported yet: the previews of such inputs are not known, and nothing is deleted", nobodyYet(silent)))
		return nil
	}
	return c.pruned(ctx, set, failed)
}

// pruned compares what the set has and would not have any more. A preview that
// cannot be rendered keeps what it has.
func (c *comparing) pruned(ctx context.Context, set *v1.ResourceSet, failed map[string]bool) error {
	inventory, err := apply.ReadInventory(set.Status.Inventory)
	if err != nil {
		return err
	}
	applier := apply.Applier{Client: c.Client, Kinds: c.Kinds}
	for _, entry := range c.Kinds.Placed(inventory) {
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

// providers returns those that a set refers to as the cluster has them, and which
// of them have never reported.
func (c *comparing) providers(ctx context.Context, set *v1.ResourceSet) (found []v1.ResourceSetInputProvider, silent []string, err error) {
	if len(set.Spec.InputsFrom) == 0 {
		return nil, nil, nil
	}
	list := &v1.ResourceSetInputProviderList{}
	if err := c.Client.List(ctx, list, client.InNamespace(set.Namespace)); err != nil {
		return nil, nil, err
	}
	for _, ref := range set.Spec.InputsFrom {
		n := len(found)
		for _, provider := range list.Items {
			if !ref.RefersTo(&provider) {
				continue
			}
			found = append(found, provider)
			if provider.Status.LastExportedRevision == "" && len(provider.Status.ExportedInputs) == 0 {
				silent = append(silent, provider.Name)
			}
		}
		if len(found) == n && ref.Name != "" {
			silent = append(silent, ref.Name)
		}
	}
	return found, silent, nil
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

// keysOf lists the keys of the input sets that a set has had previews of.
func keysOf(set *v1.ResourceSet) []string {
	var keys []string
	for _, preview := range set.Status.Previews {
		keys = append(keys, preview.Provider+"/"+preview.ID)
	}
	if set.Status.Inventory != nil {
		for _, entry := range set.Status.Inventory.Entries {
			keys = append(keys, entry.Input)
		}
	}
	return keys
}
