// Package overlay shows what Flux will deploy from an overlay, without a
// cluster: it builds a path of a fleet repository as kustomize-controller does.
//
//	result, err := overlay.Build(ctx, "fleet", "./clusters/eks/apps/api/pr-template", kustomization)
//
// The steps are those of the controller, in its order:
//
//  1. The path's kustomization.yaml is merged with what the Flux Kustomization
//     adds (targetNamespace, nameSuffix, patches, images, components). A folder
//     without one gets one that lists its manifests.
//  2. kustomize builds it, of files that were vetted before (vet.go): nothing is
//     read that is not in the repository, nothing is fetched, and no program is
//     run. What an overlay takes in from elsewhere is left out, and named; or
//     fetched by Repository.Remote, where somebody sets it, and vetted alike.
//  3. In each object of the result ${NAME} is replaced by the value of
//     postBuild.substitute, in the text of its YAML, which is then parsed again.
//  4. spec.commonMetadata is set.
//
// Step 3 replaces in text: a label "${PR}" whose value is 1234 is the number
// 1234 afterwards, and refused by the API server. "pr-${PR}" is safe.
//
// Build is stricter than the controller in two points, unless the Repository is
// Lenient: a variable that has neither a value nor a default is an error, not an
// empty string, and so is a field that kustomize does not know. It does not
// decrypt, and does not add the owner labels of Flux.
package overlay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/files"
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
	// Limits are those of each build. What is fetched has its own.
	Limits Limits
	// Remote fetches what overlays name by address; nil leaves it out.
	Remote Remote
	// Lenient takes a variable that has neither a value nor a default as an empty
	// text, and drops fields that kustomize does not know, as the controller does.
	Lenient bool

	root   string
	folder *files.Folder
	// home is the folder, and fetched what is beside it, by the name of each.
	home    *origin
	fetched map[string]*origin
	// scanned are the folders that were looked through for manifests.
	scanned map[string]error
	built   map[string]built
	// stopped is why nothing more is built.
	stopped error
	watch   *watch
}

// built is what kustomize made of a kustomization.yaml.
type built struct {
	templates []*template
	leftOut   []LeftOut
	err       error
}

// Result is what Flux applies for a Kustomization.
type Result struct {
	// Objects in kustomize's order.
	Objects []*unstructured.Unstructured
	// LeftOut is what the controller would fetch. It is told with an error too,
	// which may well come of it.
	LeftOut []LeftOut
}

// Open returns the repository in a folder, which is read when something is built.
func Open(root string) *Repository {
	return &Repository{Limits: defaultLimits(), root: root, fetched: map[string]*origin{}, scanned: map[string]error{}, built: map[string]built{}}
}

// Build returns the objects that Flux applies for ks when root is the folder of
// its source. The path is relative to root, as in ks.Spec.Path. Nothing is
// written to disk.
func Build(ctx context.Context, root, path string, ks kustomizev1.Kustomization) (Result, error) {
	return Open(root).Build(ctx, path, ks)
}

// Build returns the objects that Flux applies for ks, as the function does.
func (r *Repository) Build(ctx context.Context, path string, ks kustomizev1.Kustomization) (Result, error) {
	dir, err := r.find(path)
	if err != nil {
		return Result{}, err
	}
	flux, err := toUnstructured(ks)
	if err != nil {
		return Result{}, err
	}
	if r.stopped != nil {
		return Result{}, r.stopped
	}
	r.begin()
	known := r.build(ctx, dir, flux)
	result := Result{LeftOut: known.leftOut}
	if known.err != nil {
		return result, r.stop(fmt.Errorf("building %q: %w", path, known.err))
	}
	for _, template := range known.templates {
		object, err := r.deploy(ctx, template, ks, flux)
		if errors.Is(err, ErrLimit) {
			return result, r.stop(fmt.Errorf("building %q: %w", path, err))
		}
		if err != nil {
			return result, fmt.Errorf("building %q: %s %q: %w", path, template.resource.GetKind(), template.resource.GetName(), err)
		}
		result.Objects = append(result.Objects, object)
	}
	return result, nil
}

// begin gives a build its time. The memory is what all builds of a repository have
// in common, as what they built is kept.
func (r *Repository) begin() {
	now := r.Limits.watch()
	if r.watch != nil {
		now.before = r.watch.before
	}
	r.watch = &now
}

// stop builds nothing more when a limit was passed: what passed it still works.
func (r *Repository) stop(err error) error {
	if errors.Is(err, ErrLimit) {
		r.stopped = err
	}
	return err
}

// find opens the repository, and returns the folder of a path without links.
func (r *Repository) find(path string) (string, error) {
	if r.folder == nil {
		folder, err := files.Open(r.root)
		if err != nil {
			return "", fmt.Errorf("opening the repository: %w", err)
		}
		r.folder = folder
		r.home = &origin{tree: folder, path: folder.Path(), texts: map[string][]byte{}}
	}
	dir := strings.TrimPrefix(filepath.Join(string(filepath.Separator), path), string(filepath.Separator))
	if !filepath.IsLocal(filepath.Join(".", path)) && !filepath.IsAbs(path) {
		return "", fmt.Errorf("path %q: %w %s", path, ErrNoPath, r.folder.Path())
	}
	dir, err := r.folder.Resolve(cmp.Or(dir, "."))
	if err == nil {
		var info fs.FileInfo
		if info, err = r.folder.Stat(dir); err == nil && info.IsDir() {
			return dir, nil
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("path %q: %w", path, err)
	}
	return "", fmt.Errorf("path %q: %w %s", path, ErrNoPath, r.folder.Path())
}

// build runs kustomize over the folder's kustomization.yaml with the additions
// of the Flux Kustomization, unless the same has been built.
func (r *Repository) build(ctx context.Context, dir string, flux unstructured.Unstructured) (known built) {
	defer recovered(&known.err)
	if err := r.check(dir); err != nil {
		return built{err: err}
	}
	root := r.folder.Path()
	manifest, file, action, err := kustomize.NewGenerator(root, flux).GenerateManifest(filepath.Join(root, dir))
	switch {
	case err != nil:
		return built{err: r.shorten(err)}
	case action == kustomize.CreatedAction && !lists(manifest):
		return built{err: ErrNoManifests}
	}
	key := file + "\n" + string(manifest)
	known, done := r.built[key]
	if !done {
		known = r.kustomize(ctx, filepath.Join(dir, filepath.Base(file)), manifest)
		r.built[key] = known
	}
	return known
}

// kustomize vets a kustomization.yaml, and builds what is left of it.
func (r *Repository) kustomize(ctx context.Context, file string, manifest []byte) built {
	vet := newVetting(ctx, r)
	_, err := vet.kustomization(r.home, file, manifest)
	out := built{leftOut: vet.leftOut, err: err}
	if err != nil {
		return out
	}
	result, err := within(*r.watch, func() (resmap.ResMap, error) {
		return runKustomize(vet.fs, filepath.Dir(r.home.at(file)))
	})
	if err != nil {
		out.err = r.shorten(err)
		return out
	}
	for _, res := range result.Resources() {
		out.templates = append(out.templates, &template{resource: res})
	}
	return out
}

// check looks at the files that Flux's generator reads, which waits for pipes and
// reads files of any size: the kustomization.yaml of a folder, or where there is
// none all manifests below it.
func (r *Repository) check(dir string) error {
	if err, done := r.scanned[dir]; done {
		return err
	}
	file, err := r.home.kustomizationFile(dir)
	switch {
	case err != nil:
	case file != "":
		err = r.checkFields(file)
	default:
		err = r.scan(dir)
	}
	r.scanned[dir] = err
	return err
}

// checkFields refuses a field that kustomize does not know. Flux reads the file of the
// folder itself, and drops such a field without a word.
func (r *Repository) checkFields(file string) error {
	text, err := r.home.readYAML(file)
	if err != nil || r.Lenient {
		return err
	}
	k := types.Kustomization{}
	if err := k.Unmarshal(text); err != nil && unknownField.MatchString(err.Error()) {
		return explainField(r.home.show(file), text, err)
	}
	return nil
}

// scan reads the manifests below a folder as the generator does.
func (r *Repository) scan(dir string) error {
	return r.folder.Walk(dir, func(name string, entry fs.DirEntry) error {
		if entry.IsDir() {
			file, err := r.home.kustomizationFile(name)
			if err == nil && file != "" {
				return fs.SkipDir // it is built as it says
			}
			return err
		}
		if extension := filepath.Ext(name); extension != ".yaml" && extension != ".yml" {
			return nil
		}
		_, err := r.home.readYAML(name)
		return err
	})
}

// lists reports whether a generated kustomization.yaml names anything.
func lists(manifest []byte) bool {
	var generated struct {
		Resources []string `json:"resources"`
	}
	return yaml.Unmarshal(manifest, &generated) == nil && len(generated.Resources) > 0
}

// shorten makes the paths in kustomize's messages relative to the repository, or
// to what was fetched.
func (r *Repository) shorten(err error) error {
	if errors.Is(err, ErrLimit) {
		return err
	}
	text, root, separator := err.Error(), r.folder.Path(), string(filepath.Separator)
	for _, in := range r.fetched {
		text = strings.ReplaceAll(text, in.path+separator, in.name+": ")
	}
	return errors.New(strings.ReplaceAll(strings.ReplaceAll(text, root+separator, ""), root, "."))
}

func toUnstructured(ks kustomizev1.Kustomization) (unstructured.Unstructured, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&ks)
	if err != nil {
		return unstructured.Unstructured{}, fmt.Errorf("reading the Kustomization %q: %w", ks.Name, err)
	}
	return unstructured.Unstructured{Object: content}, nil
}
