// Package trace reads what becomes of a pull request, from left to right: the
// provider that exports it, the ResourceSet that stamps out its objects, what
// Flux deploys for them, and the pods.
//
//	snapshot, err := reader.Snapshot(ctx, "app-dev") // a listing or two
//	preview, err := trace.Find("api/1234", snapshot.Previews())
//	root, err := reader.Tree(ctx, snapshot, preview) // everything of one preview
//
// A Snapshot is a value: Previews is the same whether it was listed or watched.
//
// # How previews are named
//
// A preview is called SERVICE/ID, such as api/1234. SERVICE is the name of the
// provider (for inputs written down in a ResourceSet, or combined by Permute: of
// the ResourceSet) without what such names end in, -prs or -pull-requests and the
// like: see endings. Where two sources of a namespace would be called the same,
// each keeps its full name; where two ResourceSets use one provider, the
// ResourceSet's name stands in front: api-pr-envs/api-prs/1234.
//
// Whatever is shown, these are understood: PROVIDER/ID, SET/ID, SET/PROVIDER/ID,
// each also without the ending, and ID alone where only one preview has it.
package trace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/object"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
)

// Reader reads chains with the permissions of its client.
type Reader struct {
	Client client.WithWatch
	// Selector restricts the ResourceSets; all of them when nil.
	Selector labels.Selector
	// Warn is told what could not be read and is done without.
	Warn func(format string, args ...any)
}

// Snapshot is what a namespace, or all of them, held at one time.
type Snapshot struct {
	Sets      []v1.ResourceSet
	Providers []v1.ResourceSetInputProvider
	// Deployers are the Kustomizations and HelmReleases that the sets own.
	Deployers []unstructured.Unstructured
}

// Snapshot reads a namespace; "" reads all. Deployers are read where the sets
// have them; those that may not be read are left out, with a warning.
func (r *Reader) Snapshot(ctx context.Context, namespace string) (Snapshot, error) {
	sets, providers := &v1.ResourceSetList{}, &v1.ResourceSetInputProviderList{}
	if err := r.Client.List(ctx, sets, client.InNamespace(namespace), client.MatchingLabelsSelector{Selector: r.selector()}); err != nil {
		return Snapshot{}, fmt.Errorf("listing ResourceSets: %w", err)
	}
	if err := r.Client.List(ctx, providers, client.InNamespace(namespace)); err != nil {
		return Snapshot{}, fmt.Errorf("listing ResourceSetInputProviders: %w", err)
	}
	out := Snapshot{Sets: sets.Items, Providers: providers.Items}
	for _, p := range placesOf(sets.Items) {
		list, err := r.deployers(ctx, p)
		switch {
		case err == nil || meta.IsNoMatchError(err):
			out.Deployers = append(out.Deployers, list...)
		case apierrors.IsForbidden(err):
			r.Warn("what Flux made of the previews is not known: %s", err)
		default:
			return Snapshot{}, fmt.Errorf("listing %s: %w", p.kind.Kind, err)
		}
	}
	return out, nil
}

func (r *Reader) selector() labels.Selector {
	if r.Selector == nil {
		return labels.Everything()
	}
	return r.Selector
}

// place is a kind of deployers in a namespace.
type place struct {
	kind      schema.GroupVersionKind
	namespace string
}

// placesOf lists where sets have deployers, by their inventories.
func placesOf(sets []v1.ResourceSet) []place {
	var out []place
	for _, set := range sets {
		for _, entry := range entriesOf(set.Status.Inventory) {
			p := place{kind: entry.GroupKind.WithVersion(entry.version), namespace: entry.Namespace}
			if flux.Deploys(entry.GroupKind) && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

func (r *Reader) deployers(ctx context.Context, p place) ([]unstructured.Unstructured, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(p.kind.GroupVersion().WithKind(p.kind.Kind + "List"))
	err := r.Client.List(ctx, list, client.InNamespace(p.namespace), client.HasLabels{v1.OwnerLabelPrefix + "/name"})
	return list.Items, err
}

// entry is a line of an inventory, of Eddy or of Flux.
type entry struct {
	object.ObjMetadata
	version string
	// input is the key of the input set that asked for it.
	input string
	// ended is how it came to its end, if it runs once and has; "" otherwise.
	ended string
}

// deployedBy returns what a deployer has deployed into its own cluster.
func deployedBy(deployer *unstructured.Unstructured) []entry {
	var out []entry
	for _, one := range flux.Deployed(deployer) {
		out = append(out, entry{ObjMetadata: one.ObjMetadata, version: one.Version})
	}
	return out
}

// entriesOf reads an inventory. A line that cannot be read is left out: it is
// only looked at.
func entriesOf(stored *v1.ResourceInventory) []entry {
	if stored == nil {
		return nil
	}
	out := make([]entry, 0, len(stored.Entries))
	for _, line := range stored.Entries {
		if id, err := object.ParseObjMetadata(line.ID); err == nil {
			ending, _, _ := strings.Cut(line.Ended, ":")
			out = append(out, entry{ObjMetadata: id, version: line.Version, input: line.Input, ended: ending})
		}
	}
	return out
}
