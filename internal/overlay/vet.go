package overlay

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// LeftOut is something that a kustomization.yaml takes in from elsewhere, and
// that a build goes without.
type LeftOut struct {
	// File is the kustomization.yaml, below the root of the repository.
	File string
	// Field is where it says so, such as resources or configMapGenerator.files.
	Field string
	// Entry is what it says, with a login that there may be in it.
	Entry string
}

// String returns FILE: FIELD: ENTRY.
func (l LeftOut) String() string { return fmt.Sprintf("%s: %s: %s", l.File, l.Field, l.Shown()) }

// Shown is the entry as it may be shown.
func (l LeftOut) Shown() string { return withoutLogin(l.Entry) }

// vetting puts together what kustomize may read. Each kustomization.yaml is read
// here first, taken apart, and put together anew of what is allowed: a name is
// that of a file or folder of the repository, or of what was fetched beforehand,
// written so that it begins with a dot, which is no address in any reading, or it
// is not there. Kustomize, whose
// loader calls git and asks web servers, so never meets an address.
//
//	kustomization.yaml ──> types.Kustomization ──> copied field by field ──> memory ──> kustomize
//	files that it names ─────────── whole, and within bounds ───────────────────┘
type vetting struct {
	repository *Repository
	fs         *memory
	factory    *resmap.Factory
	leftOut    []LeftOut
	// costs are what the folders come to that were vetted, by where kustomize finds
	// them; nil for those that are being vetted.
	costs map[string]*cost
	// fetchBase and fetchFile are those of the repository's Remote, nil without one.
	fetchBase, fetchFile fetch
}

// fetch gets what is at an address.
type fetch func(entry string) (Fetched, error)

// cost is what kustomize reads for a folder. It builds a base again for each
// that builds upon it.
type cost struct{ bytes, layers int }

func newVetting(ctx context.Context, r *Repository) *vetting {
	factory := resmap.NewFactory(provider.NewDefaultDepProvider().GetResourceFactory())
	v := &vetting{repository: r, fs: newMemory(), factory: factory, costs: map[string]*cost{}}
	if r.Remote != nil {
		v.fetchBase = func(entry string) (Fetched, error) { return r.Remote.Base(ctx, entry) }
		v.fetchFile = func(entry string) (Fetched, error) { return r.Remote.File(ctx, entry) }
	}
	return v
}

// vet vets a folder that is built upon.
func (v *vetting) vet(in *origin, dir string) (cost, error) {
	switch known, seen := v.costs[in.at(dir)]; {
	case seen && known == nil:
		return cost{}, fmt.Errorf("%s: builds upon itself", in.show(dir))
	case seen:
		return *known, nil
	}
	file, err := in.kustomizationFile(dir)
	if err != nil {
		return cost{}, err
	}
	if file == "" {
		return cost{}, fmt.Errorf("%s: the folder has no kustomization.yaml", in.show(dir))
	}
	text, err := in.readYAML(file)
	if err != nil {
		return cost{}, err
	}
	return v.kustomization(in, file, text)
}

// kustomization vets the text of a kustomization.yaml, and what it names.
func (v *vetting) kustomization(in *origin, file string, text []byte) (cost, error) {
	dir := filepath.Dir(file)
	v.costs[in.at(dir)] = nil
	k := types.Kustomization{}
	if err := k.Unmarshal(text); err != nil {
		return cost{}, explainField(in.show(file), text, err)
	}
	k.FixKustomization()
	at := &place{vetting: v, origin: in, dir: dir, file: file, cost: cost{len(text), 1}}
	out, err := yaml.Marshal(at.copy(k))
	if err = errors.Join(at.err, err); err != nil {
		return cost{}, err
	}
	v.fs.add(in.at(file), out)
	v.costs[in.at(dir)] = &at.cost
	return at.cost, nil
}

// place is a kustomization.yaml that is being vetted. It goes on after an error,
// so that all is told that is left out.
type place struct {
	*vetting
	*origin
	dir, file string
	cost      cost
	err       error
}

func (p *place) fail(field string, err error) {
	if p.err == nil {
		p.err = fmt.Errorf("%s: %s: %w", p.show(p.file), field, err)
	}
}

func (p *place) leaveOut(field, entry string) {
	out := LeftOut{p.show(p.file), field, entry}
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
