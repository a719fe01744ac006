package diff

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/flux"
)

// Repository is a checkout of what Flux deploys. What is in it is read as the
// Kustomization in the cluster deploys it, which adds to what is written down:
// patches, images, prefixes, labels, values of variables.
//
//	repository := diff.Repository{Client: cluster, Root: "fleet", Warn: warn}
//	manifests, err := repository.Read(ctx, "clusters/eks/apps/api/previews/resourceset.yaml")
//
// The Kustomization is the one whose spec.path is the folder, or the nearest one
// above it, and whose inventory has some of what that builds: by its path alone it
// may be that of another repository.
type Repository struct {
	Client client.Client
	// Root is the folder of the checkout.
	Root string
	// Named is the Kustomization when somebody names one.
	Named types.NamespacedName
	// Warn tells what was left out, and is not compared.
	Warn func(format string, args ...any)
	// Ignored takes down what is not compared of the manifests that are read.
	Ignored Ignored
}

// ErrNotDeployed says that no Kustomization of the cluster deploys a path.
var ErrNotDeployed = errors.New("no Kustomization deploys it")

// Read returns what Flux applies of a file or folder, which is relative to Root. It
// is ErrNotDeployed where that is not known.
func (r *Repository) Read(ctx context.Context, path string) ([]*unstructured.Unstructured, error) {
	if r.Named.Name != "" {
		return r.readNamed(ctx, path)
	}
	near, err := r.candidates(ctx, path)
	if err != nil {
		return nil, err
	}
	var found []*deployment
	for i, candidate := range near {
		if len(found) > 0 && candidate.dir != near[i-1].dir {
			break // what is farther away deploys the Kustomization that is near
		}
		one, err := r.deployerOf(ctx, candidate.object, candidate.dir)
		if err == nil && one.isOurs() {
			err = one.pick(ctx, r.Root, path)
		}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && candidate.dir == filepath.Clean(path):
			r.Warn("what Kustomization %s adds to %s is not known, and not compared: %v", one.name(), path, err)
		case err == nil && len(one.Objects) > 0 && one.isOurs():
			found = append(found, one)
		}
	}
	switch len(found) {
	case 0:
		return nil, ErrNotDeployed
	case 1:
		return r.applied(found[0])
	default:
		r.Warn("%d Kustomizations deploy %s, such as %s: what they add to it is not compared, unless one of them is named with --kustomization", len(found), path, found[0].name())
		return nil, ErrNotDeployed
	}
}

// readNamed reads as the Kustomization that was named deploys.
func (r *Repository) readNamed(ctx context.Context, path string) ([]*unstructured.Unstructured, error) {
	fail := func(err error) ([]*unstructured.Unstructured, error) {
		return nil, fmt.Errorf("Kustomization %s: %w", r.Named, err) //nolint:staticcheck // a kind is a name
	}
	named := &unstructured.Unstructured{}
	named.SetGroupVersionKind(flux.Kustomization())
	if err := r.Client.Get(ctx, r.Named, named); err != nil {
		return fail(err)
	}
	if flux.IsElsewhere(named) {
		return fail(errors.New("it deploys into another cluster: compare with that one"))
	}
	one, err := r.deployerOf(ctx, named, r.dirOf(named, path))
	if err == nil {
		err = one.pick(ctx, r.Root, path)
	}
	if err == nil && len(one.Objects) == 0 {
		err = fmt.Errorf("nothing of %s is in what it builds of %s", path, one.dir)
	}
	if err != nil {
		return fail(err)
	}
	return r.applied(one)
}

// applied are the objects as Flux applies them. What it ignores of them is taken down.
func (r *Repository) applied(d *deployment) ([]*unstructured.Unstructured, error) {
	out := d.applied(r.Warn)
	if r.Ignored == nil {
		return out, nil
	}
	if err := r.Ignored.note(d.ks, out); err != nil {
		return nil, fmt.Errorf("Kustomization %s: %w", d.name(), err) //nolint:staticcheck // a kind is a name
	}
	return out, nil
}

// dirOf is the folder that a Kustomization deploys: its path, which may begin below the
// root, or else what was given, for one whose source is made of that.
func (r *Repository) dirOf(named *unstructured.Unstructured, path string) string {
	dir := filepath.Clean(path)
	for up := dir; up != "."; up = filepath.Dir(up) {
		if ends(up, pathOf(named)) {
			return up
		}
	}
	switch {
	case isFolder(filepath.Join(r.Root, pathOf(named))):
		return pathOf(named)
	case isFolder(filepath.Join(r.Root, dir)):
		return dir
	default:
		return filepath.Dir(dir)
	}
}

// candidate is a Kustomization that may deploy what is in a folder.
type candidate struct {
	object *unstructured.Unstructured
	dir    string
}

// candidates lists the Kustomizations whose path is that of a file or folder, or of a
// folder above it; the nearest first. A source may hold a part of the repository, so
// that its paths begin below the root.
func (r *Repository) candidates(ctx context.Context, path string) ([]candidate, error) {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(flux.Kustomization())
	switch err := r.Client.List(ctx, list); {
	case meta.IsNoMatchError(err):
		return nil, nil
	case apierrors.IsForbidden(err):
		r.Warn("what Flux adds to %s is not known, as you may not list Kustomizations; name the one that deploys it with --kustomization", path)
		return nil, nil
	case err != nil:
		return nil, err
	}
	var out []candidate
	for dir := filepath.Clean(path); ; dir = filepath.Dir(dir) {
		for i := range list.Items {
			if object := &list.Items[i]; !flux.IsElsewhere(object) && ends(dir, pathOf(object)) {
				out = append(out, candidate{object, dir})
			}
		}
		if dir == "." {
			break
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int { return cmp.Compare(depth(b.dir), depth(a.dir)) })
	return out, nil
}

// ends reports whether a folder of the repository may be a path of a source.
func ends(dir, path string) bool {
	return dir == path || (path != "." && strings.HasSuffix(dir, string(filepath.Separator)+path))
}

// pathOf is the path of a Kustomization, as those of a repository are written.
func pathOf(ks *unstructured.Unstructured) string {
	path, _, _ := unstructured.NestedString(ks.Object, "spec", "path")
	return filepath.Clean(strings.TrimLeft(filepath.Clean(filepath.FromSlash(path)), string(filepath.Separator)))
}

func depth(dir string) int {
	if dir == "." {
		return 0
	}
	return 1 + strings.Count(dir, string(filepath.Separator))
}
