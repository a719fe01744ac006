package overlay

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// LeftOut is something that a kustomization.yaml takes in from elsewhere, and
// that a build goes without.
type LeftOut struct {
	// File is the kustomization.yaml, below the root of the repository.
	File string
	// Field is where it says so, such as resources or configMapGenerator.files.
	Field string
	// Entry is what it says.
	Entry string
}

// String returns FILE: FIELD: ENTRY.
func (l LeftOut) String() string { return fmt.Sprintf("%s: %s: %s", l.File, l.Field, l.Entry) }

// vetting puts together what kustomize may read. Each kustomization.yaml is read
// here first, taken apart, and put together anew of what is allowed: a name is
// that of a file or folder of the repository, written so that it begins with a
// dot, which is no address in any reading, or it is not there. Kustomize, whose
// loader calls git and asks web servers, so never meets an address.
//
//	kustomization.yaml ──> types.Kustomization ──> copied field by field ──> memory ──> kustomize
//	files that it names ─────────── whole, and within bounds ───────────────────┘
type vetting struct {
	repository *Repository
	fs         *memory
	factory    *resmap.Factory
	leftOut    []LeftOut
	// costs are what the folders come to that were vetted; nil for those that are
	// being vetted.
	costs map[string]*cost
}

// cost is what kustomize reads for a folder. It builds a base again for each
// that builds upon it.
type cost struct{ bytes, layers int }

func newVetting(r *Repository) *vetting {
	factory := resmap.NewFactory(provider.NewDefaultDepProvider().GetResourceFactory())
	return &vetting{repository: r, fs: newMemory(), factory: factory, costs: map[string]*cost{}}
}

// path is where kustomize finds a file or folder.
func (v *vetting) path(name string) string { return filepath.Join(v.repository.folder.Path(), name) }

// kustomizationFile returns the file that says how a folder is built, "" when it
// has none.
func (r *Repository) kustomizationFile(dir string) (string, error) {
	found := ""
	for _, base := range konfig.RecognizedKustomizationFileNames() {
		name := filepath.Join(dir, base)
		info, err := r.folder.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return "", err
		case info.IsDir():
			return "", fmt.Errorf("%s: is a folder, not a file", name)
		case found != "":
			return "", fmt.Errorf("%s and %s: kustomize reads one, and refuses several", found, base)
		default:
			found = name
		}
	}
	return found, nil
}

// folder vets a folder that is built upon.
func (v *vetting) folder(dir string) (cost, error) {
	switch known, seen := v.costs[dir]; {
	case seen && known == nil:
		return cost{}, fmt.Errorf("%s: builds upon itself", dir)
	case seen:
		return *known, nil
	}
	file, err := v.repository.kustomizationFile(dir)
	if err != nil {
		return cost{}, err
	}
	if file == "" {
		return cost{}, fmt.Errorf("%s: the folder has no kustomization.yaml", dir)
	}
	text, err := v.repository.readYAML(file)
	if err != nil {
		return cost{}, err
	}
	return v.kustomization(file, text)
}

// kustomization vets the text of a kustomization.yaml, and what it names.
func (v *vetting) kustomization(file string, text []byte) (cost, error) {
	dir := filepath.Dir(file)
	v.costs[dir] = nil
	k := types.Kustomization{}
	if err := k.Unmarshal(text); err != nil {
		return cost{}, fmt.Errorf("%s: %w", file, err)
	}
	k.FixKustomization()
	at := &place{vetting: v, dir: dir, file: file, cost: cost{len(text), 1}}
	out, err := yaml.Marshal(at.copy(k))
	if err = errors.Join(at.err, err); err != nil {
		return cost{}, err
	}
	v.fs.add(v.path(file), out)
	v.costs[dir] = &at.cost
	return at.cost, nil
}

// place is a kustomization.yaml that is being vetted. It goes on after an error,
// so that all is told that is left out.
type place struct {
	*vetting
	dir, file string
	cost      cost
	err       error
}

func (p *place) fail(field string, err error) {
	if p.err == nil {
		p.err = fmt.Errorf("%s: %s: %w", p.file, field, err)
	}
}

func (p *place) leaveOut(field, entry string) {
	out := LeftOut{p.file, field, entry}
	if !slices.Contains(p.leftOut, out) {
		p.leftOut = append(p.leftOut, out)
	}
}

// spend counts what kustomize reads.
func (p *place) spend(field string, more cost) {
	p.cost.bytes, p.cost.layers = p.cost.bytes+more.bytes, p.cost.layers+more.layers
	if p.cost.bytes > maxBuilt || p.cost.layers > maxLayers {
		p.fail(field, fmt.Errorf("kustomize would read more than %d MiB or %d files like this one", maxBuilt>>20, maxLayers))
		p.cost = cost{} // the sum stays small, however often that happens
	}
}

// copy returns a kustomization without what is not in the repository. A field
// that is not named here does not reach kustomize; fields_test.go says of each
// what is to become of it.
func (p *place) copy(k types.Kustomization) types.Kustomization {
	out := types.Kustomization{
		TypeMeta: k.TypeMeta, MetaData: k.MetaData, NamePrefix: k.NamePrefix, NameSuffix: k.NameSuffix, Namespace: k.Namespace,
		CommonLabels: k.CommonLabels, //nolint:staticcheck // fleets have them
		Labels:       k.Labels, CommonAnnotations: k.CommonAnnotations,
		Images: k.Images, Replicas: k.Replicas, SortOptions: k.SortOptions,
		Vars:             k.Vars, //nolint:staticcheck // fleets have them
		GeneratorOptions: k.GeneratorOptions, BuildMetadata: k.BuildMetadata,
	}
	out.Resources = p.each("resources", k.Resources, p.manifests)
	out.Components = p.each("components", k.Components, p.base)
	out.Crds = p.each("crds", k.Crds, p.manifest)
	out.Configurations = p.each("configurations", k.Configurations, p.manifest)
	out.Generators = p.plugins("generators", k.Generators)
	out.Transformers = p.plugins("transformers", k.Transformers)
	out.Validators = p.plugins("validators", k.Validators)
	out.PatchesStrategicMerge = p.merges("patchesStrategicMerge", k.PatchesStrategicMerge) //nolint:staticcheck // fleets have them
	out.PatchesJson6902 = p.patches("patchesJson6902", k.PatchesJson6902)                  //nolint:staticcheck // fleets have them
	out.Patches = p.patches("patches", k.Patches)
	out.Replacements = p.replacements("replacements", k.Replacements)
	out.OpenAPI = p.openAPI(k.OpenAPI)
	for _, args := range k.ConfigMapGenerator {
		args.KvPairSources = p.sources("configMapGenerator", args.KvPairSources)
		out.ConfigMapGenerator = append(out.ConfigMapGenerator, args)
	}
	for _, args := range k.SecretGenerator {
		args.KvPairSources = p.sources("secretGenerator", args.KvPairSources)
		out.SecretGenerator = append(out.SecretGenerator, args)
	}
	if len(k.HelmCharts) > 0 || k.HelmGlobals != nil {
		p.fail("helmCharts", errHelm)
	}
	if out.CheckEmpty() != nil { // kustomize refuses one of which nothing is left
		out.BuildMetadata = []string{types.OriginAnnotations}
	}
	return out
}

// errHelm says what kustomize says in Flux, and what to do.
var errHelm = errors.New("Flux does not run helm when it builds an overlay: deploy the chart with a HelmRelease") //nolint:staticcheck // Flux is a name

// each vets a list of names.
func (p *place) each(field string, entries []string, take func(field, entry string) (string, bool)) []string {
	var out []string
	for _, entry := range entries {
		if name, ok := take(field, entry); ok {
			out = append(out, name)
		}
	}
	return out
}

// manifests vets a file of manifests, or a folder that is built upon.
func (p *place) manifests(field, entry string) (string, bool) {
	target, info := p.find(field, entry)
	switch {
	case info == nil:
		return "", false
	case info.IsDir():
		return p.layer(field, entry, target)
	default:
		return p.text(field, target)
	}
}

// base vets a folder that is built upon.
func (p *place) base(field, entry string) (string, bool) {
	target, info := p.find(field, entry)
	switch {
	case info == nil:
		return "", false
	case !info.IsDir():
		p.fail(field, fmt.Errorf("%q is a file, not a folder", entry))
		return "", false
	default:
		return p.layer(field, entry, target)
	}
}

func (p *place) layer(field, entry, target string) (string, bool) {
	if isRepository(entry) { // kustomize would not look for the folder
		p.leaveOut(field, entry)
		return "", false
	}
	dir, err := p.repository.folder.Resolve(target)
	if err != nil {
		p.fail(field, err)
		return "", false
	}
	more, err := p.folder(dir)
	if err != nil {
		p.fail(field, err)
		return "", false
	}
	p.spend(field, more)
	return p.relative(dir), true
}

// manifest vets a file that is YAML.
func (p *place) manifest(field, entry string) (string, bool) {
	target, info := p.find(field, entry)
	if info == nil {
		return "", false
	}
	return p.text(field, target)
}

// text gives kustomize a file that is YAML.
func (p *place) text(field, target string) (string, bool) {
	text, ok := p.load(field, target)
	if !ok || !p.bounded(field, target, text) {
		return "", false
	}
	return p.give(target, text), true
}

// load reads a file.
func (p *place) load(field, target string) ([]byte, bool) {
	text, err := p.repository.read(target)
	if err != nil {
		p.fail(field, err)
		return nil, false
	}
	p.spend(field, cost{bytes: len(text)})
	return text, true
}

// bounded reports whether YAML stays small when its aliases are written out.
func (p *place) bounded(field, name string, text []byte) bool {
	err := manifest.Bound(name, text)
	if err != nil {
		p.fail(field, err)
	}
	return err == nil
}

// give puts a file where kustomize reads it, and returns its name in the
// kustomization.yaml. One that is called like a kustomization.yaml gets another
// name: those are only ever what was vetted.
func (p *place) give(target string, text []byte) string {
	if slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(target)) {
		target += " (as a file)"
	}
	p.fs.add(p.path(target), text)
	return p.relative(target)
}

// relative is how the kustomization.yaml names a file or folder: with a dot in
// front.
func (p *place) relative(target string) string {
	relative, err := filepath.Rel(p.dir, target)
	if err != nil { // both are below the root
		p.fail("", err)
	}
	relative = filepath.ToSlash(relative)
	if !strings.HasPrefix(relative, "../") && relative != ".." {
		relative = "./" + relative
	}
	return relative
}

// find returns what an entry names below the root. Without it the entry has been
// left out, or is an error.
func (p *place) find(field, entry string) (string, fs.FileInfo) {
	if isURL(entry) {
		p.leaveOut(field, entry)
		return "", nil
	}
	target := filepath.Join(p.dir, entry)
	info, err := p.repository.folder.Stat(target)
	switch {
	case filepath.IsAbs(entry):
		p.fail(field, fmt.Errorf("%q is absolute: name it as it is seen from the folder of the file", entry))
	case err == nil:
		return target, info
	case isAddress(entry):
		p.leaveOut(field, entry)
	case errors.Is(err, fs.ErrNotExist):
		p.fail(field, fmt.Errorf("there is no file or folder %q", entry))
	default:
		p.fail(field, err)
	}
	return "", nil
}
