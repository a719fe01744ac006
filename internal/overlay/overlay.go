// Package overlay shows what Flux will deploy from an overlay, without a
// cluster: it builds a path of a fleet repository as kustomize-controller does.
//
//	objects, err := overlay.Build(ctx, "fleet", "./clusters/eks/apps/api/pr-template", kustomization)
//
// The steps are those of the controller, in its order:
//
//  1. The path's kustomization.yaml is merged with what the Flux Kustomization
//     adds (targetNamespace, nameSuffix, patches, images, components). A folder
//     without one gets one that lists its manifests.
//  2. kustomize builds it. No file outside of the repository can be read. A
//     resource that is a URL or a remote repository is fetched, as by the
//     controller.
//  3. In each object of the result ${NAME} is replaced by the value of
//     postBuild.substitute, in the text of its YAML, which is then parsed again.
//  4. spec.commonMetadata is set.
//
// Step 3 replaces in text: a label "${PR}" whose value is 1234 is the number
// 1234 afterwards, and refused by the API server. "pr-${PR}" is safe.
//
// Build is stricter than the controller in one point: a variable that has
// neither a value nor a default is an error, not an empty string. It does not
// decrypt, and does not add the owner labels of Flux.
package overlay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/kustomize"
	memoryfs "github.com/fluxcd/pkg/kustomize/filesys"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

var (
	// ErrNoPath says that the repository has no such folder.
	ErrNoPath = errors.New("no such folder in the repository")
	// ErrNoManifests says that there is nothing to deploy.
	ErrNoManifests = errors.New("no kustomization.yaml and no manifests")
	// ErrNeedsCluster says that the values are only known in the cluster.
	ErrNeedsCluster = errors.New("reads its values from the cluster")
)

// Repository is a folder with overlays. What several Kustomizations have in
// common, kustomize builds once: previews that differ in their variables alone.
// The files are taken to stay as they are. It is not safe for concurrent use.
type Repository struct {
	root  string
	built map[string][]*resource.Resource
}

// Open returns the repository in a folder, which is read when something is built.
func Open(root string) *Repository {
	return &Repository{root: root, built: map[string][]*resource.Resource{}}
}

// Build returns the objects that Flux applies for ks when root is the folder of
// its source, in kustomize's order. The path is relative to root, as in
// ks.Spec.Path. Nothing is written to disk.
func Build(ctx context.Context, root, path string, ks kustomizev1.Kustomization) ([]*unstructured.Unstructured, error) {
	return Open(root).Build(ctx, path, ks)
}

// Build returns the objects that Flux applies for ks, as the function does.
func (r *Repository) Build(ctx context.Context, path string, ks kustomizev1.Kustomization) ([]*unstructured.Unstructured, error) {
	layer, err := newLayer(r.root, path)
	if err != nil {
		return nil, err
	}
	flux, err := toUnstructured(ks)
	if err != nil {
		return nil, err
	}
	resources, err := layer.build(flux, r.built)
	if err != nil {
		return nil, fmt.Errorf("building %q: %w", path, err)
	}
	objects := make([]*unstructured.Unstructured, 0, len(resources))
	for _, res := range resources {
		object, err := deploy(ctx, res.DeepCopy(), ks, flux)
		if err != nil {
			return nil, fmt.Errorf("building %q: %s %q: %w", path, res.GetKind(), res.GetName(), err)
		}
		objects = append(objects, object)
	}
	return objects, nil
}

// layer is a folder of the repository and a file system above it that keeps
// what is written in memory.
type layer struct {
	root, dir string
	fs        filesys.FileSystem
}

func newLayer(root, path string) (*layer, error) {
	// kustomize resolves symbolic links, so the root must have none.
	root, err := filepath.Abs(root)
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the repository: %w", err)
	}
	dir := filepath.Join(root, path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() || !within(root, dir) {
		return nil, fmt.Errorf("path %q: %w %s", path, ErrNoPath, root)
	}
	disk, err := memoryfs.MakeFsOnDiskSecure(root)
	if err != nil {
		return nil, fmt.Errorf("opening the repository: %w", err)
	}
	return &layer{root: root, dir: dir, fs: memoryfs.MakeFsInMemory(disk)}, nil
}

func within(root, dir string) bool {
	relative, err := filepath.Rel(root, dir)
	return err == nil && filepath.IsLocal(relative)
}

// build runs kustomize over the folder's kustomization.yaml with the additions
// of the Flux Kustomization, unless the same has been built.
func (l *layer) build(flux unstructured.Unstructured, built map[string][]*resource.Resource) ([]*resource.Resource, error) {
	manifest, file, action, err := kustomize.NewGenerator(l.root, flux).GenerateManifest(l.dir)
	if err != nil {
		return nil, err
	}
	if action == kustomize.CreatedAction && !lists(manifest) {
		return nil, ErrNoManifests
	}
	key := file + "\n" + string(manifest)
	if known, ok := built[key]; ok {
		return known, nil
	}
	if err := l.fs.WriteFile(file, manifest); err != nil {
		return nil, fmt.Errorf("writing %s: %w", filepath.Base(file), err)
	}
	result, err := kustomize.Build(l.fs, l.dir)
	if err != nil {
		return nil, errors.New(shorten(err.Error(), l.root))
	}
	built[key] = result.Resources()
	return built[key], nil
}

// lists reports whether a generated kustomization.yaml names anything.
func lists(manifest []byte) bool {
	var generated struct {
		Resources []string `json:"resources"`
	}
	return yaml.Unmarshal(manifest, &generated) == nil && len(generated.Resources) > 0
}

// shorten makes the paths in kustomize's messages relative to the repository.
func shorten(message, root string) string {
	return strings.ReplaceAll(strings.ReplaceAll(message, root+string(filepath.Separator), ""), root, ".")
}

// deploy turns one built resource into the object that is applied.
func deploy(ctx context.Context, res *resource.Resource, ks kustomizev1.Kustomization, flux unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if err := substitute(ctx, res, ks, flux); err != nil {
		return nil, err
	}
	content, err := res.MarshalJSON()
	if err != nil {
		return nil, err
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(content); err != nil {
		return nil, err
	}
	if common := ks.Spec.CommonMetadata; common != nil {
		object.SetLabels(merge(object.GetLabels(), common.Labels))
		object.SetAnnotations(merge(object.GetAnnotations(), common.Annotations))
	}
	return object, nil
}

func substitute(ctx context.Context, res *resource.Resource, ks kustomizev1.Kustomization, flux unstructured.Unstructured) error {
	if ks.Spec.PostBuild == nil {
		return nil
	}
	for _, from := range ks.Spec.PostBuild.SubstituteFrom {
		if !from.Optional {
			return fmt.Errorf("postBuild.substituteFrom %s %q %w: give them in postBuild.substitute", from.Kind, from.Name, ErrNeedsCluster)
		}
	}
	// A dry run needs no client: it reads nothing from the cluster.
	_, err := kustomize.SubstituteVariables(ctx, nil, flux, res,
		kustomize.SubstituteWithDryRun(true), kustomize.SubstituteWithStrict(true))
	if err != nil {
		return fmt.Errorf("substituting postBuild variables: %w", err)
	}
	return nil
}

func merge(into, from map[string]string) map[string]string {
	if len(into) == 0 {
		return from
	}
	for key, value := range from {
		into[key] = value
	}
	return into
}

func toUnstructured(ks kustomizev1.Kustomization) (unstructured.Unstructured, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&ks)
	if err != nil {
		return unstructured.Unstructured{}, fmt.Errorf("reading the Kustomization %q: %w", ks.Name, err)
	}
	return unstructured.Unstructured{Object: content}, nil
}
