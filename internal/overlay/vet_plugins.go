package overlay

import (
	"errors"
	"fmt"
	"path/filepath"

	"sigs.k8s.io/kustomize/api/builtins" //nolint:staticcheck // the types of what is in a file of transformers
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// plugins vets generators, transformers and validators. Each entry is the text of
// their settings, a file with it, or a folder with such files. The settings name
// files in turn, so they are vetted too, and kustomize gets them as texts: there
// is no file that could be something else by then.
func (p *place) plugins(field string, entries []string) []string {
	var out []string
	for _, entry := range entries {
		if !p.bounded(field, p.show(p.file), []byte(entry)) {
			continue
		}
		if settings, err := p.factory.NewResMapFromBytes([]byte(entry)); err == nil {
			out = append(out, p.settings(field, settings.Resources())...)
			continue
		}
		out = append(out, p.pluginFiles(field, entry)...)
	}
	return out
}

// pluginFiles vets a file of settings, or a folder that lists such files.
func (p *place) pluginFiles(field, entry string) []string {
	it := p.find(field, entry, p.fetchBase)
	switch {
	case it == nil:
		return nil
	case it.folder:
		return p.pluginFolder(field, entry, it)
	}
	text, ok := p.load(field, it)
	if !ok || !p.bounded(field, it.show(it.name), text) {
		return nil
	}
	settings, err := p.factory.NewResMapFromBytes(text)
	if err != nil {
		p.fail(field, fmt.Errorf("%s: %w", it.show(it.name), err))
		return nil
	}
	return p.settings(field, settings.Resources())
}

// pluginFolder vets a folder whose kustomization.yaml lists files of settings.
// One that changes them would do so after they are vetted, and is refused.
func (p *place) pluginFolder(field, entry string, it *found) []string {
	dir, err := it.tree.Resolve(it.name)
	if err != nil {
		p.fail(field, err)
		return nil
	}
	file, err := it.kustomizationFile(dir)
	if err != nil || file == "" {
		p.fail(field, fmt.Errorf("%q is a folder without a kustomization.yaml", withoutLogin(entry)))
		return nil
	}
	text, ok := p.load(field, &found{origin: it.origin, name: file, entry: it.entry})
	if !ok || !p.bounded(field, it.show(file), text) {
		return nil
	}
	k := types.Kustomization{}
	if err := k.Unmarshal(text); err != nil {
		p.fail(field, fmt.Errorf("%s: %w", it.show(file), err))
		return nil
	}
	k.FixKustomization()
	resources := k.Resources
	k.Resources, k.MetaData = nil, nil
	if k.CheckEmpty() != nil {
		return p.pluginList(field, &found{origin: it.origin, name: file, entry: it.entry}, resources)
	}
	p.fail(field, fmt.Errorf("%s: a folder of %s may list resources, and do nothing else", it.show(file), field))
	return nil
}

// pluginList vets the files that the kustomization.yaml of a folder lists.
func (p *place) pluginList(field string, it *found, entries []string) []string {
	dir := filepath.Dir(it.name)
	where := it.at(dir)
	if known, seen := p.costs[where]; seen && known == nil {
		p.fail(field, fmt.Errorf("%s: builds upon itself", it.show(dir)))
		return nil
	}
	inner := &place{vetting: p.vetting, origin: it.origin, dir: dir, file: it.name, cost: cost{layers: 1}}
	before, seen := p.costs[where]
	p.costs[where] = nil
	var out []string
	for _, entry := range entries {
		out = append(out, inner.pluginFiles("resources", entry)...)
	}
	if p.costs[where] = before; !seen {
		delete(p.costs, where)
	}
	if p.spend(field, inner.cost); p.err == nil {
		p.err = inner.err
	}
	return out
}

// settings vets what a plugin is told.
func (p *place) settings(field string, resources []*resource.Resource) []string {
	var out []string
	for _, res := range resources {
		text, err := p.setting(field, res)
		if err != nil {
			p.fail(field, fmt.Errorf("%s %q: %w", res.GetKind(), res.GetName(), err))
			continue
		}
		if text != "" {
			out = append(out, text)
		}
	}
	return out
}

// setting returns the settings of a plugin of kustomize's own, "" when the file
// that they are about is left out. Flux runs no others.
func (p *place) setting(field string, res *resource.Resource) (string, error) {
	if gvk := res.GetGvk(); gvk.Group != "" || gvk.Version != konfig.BuiltinPluginApiVersion {
		return "", fmt.Errorf("%s is none of kustomize's own, and Flux runs no others", res.GetApiVersion())
	}
	if vet, known := pluginKinds()[res.GetKind()]; known {
		return vet(p, field+"."+res.GetKind(), res)
	}
	return "", errors.New("kustomize has no such plugin")
}

// vetPlugin returns the settings that kustomize is given, "" for none.
type vetPlugin func(p *place, field string, res *resource.Resource) (string, error)

// pluginKinds are kustomize's plugins. One that is not here does not reach it.
func pluginKinds() map[string]vetPlugin {
	out := map[string]vetPlugin{
		"ConfigMapGenerator": typed(func(p *place, field string, it *builtins.ConfigMapGeneratorPlugin) bool {
			it.KvPairSources = p.sources(field, it.KvPairSources)
			return true
		}),
		"SecretGenerator": typed(func(p *place, field string, it *builtins.SecretGeneratorPlugin) bool {
			it.KvPairSources = p.sources(field, it.KvPairSources)
			return true
		}),
		"PatchJson6902Transformer": typed(func(p *place, field string, it *builtins.PatchJson6902TransformerPlugin) bool {
			return p.bounded(field, p.show(p.file), []byte(it.JsonOp)) && p.optional(field+".path", &it.Path)
		}),
		"PatchStrategicMergeTransformer": typed(func(p *place, field string, it *builtins.PatchStrategicMergeTransformerPlugin) bool {
			it.Paths = p.merges(field+".paths", it.Paths)
			return p.bounded(field, p.show(p.file), []byte(it.Patches)) && (len(it.Paths) > 0 || it.Patches != "")
		}),
		"PatchTransformer": typed(func(p *place, field string, it *builtins.PatchTransformerPlugin) bool {
			return p.bounded(field, p.show(p.file), []byte(it.Patch)) && p.optional(field+".path", &it.Path)
		}),
		"ReplacementTransformer": typed(func(p *place, field string, it *builtins.ReplacementTransformerPlugin) bool {
			it.ReplacementList = p.replacements(field+".replacements", it.ReplacementList)
			return true
		}),
		"ValueAddTransformer": typed(func(p *place, field string, it *builtins.ValueAddTransformerPlugin) bool {
			return p.optional(field+".targetFilePath", &it.TargetFilePath)
		}),
		"HelmChartInflationGenerator": func(*place, string, *resource.Resource) (string, error) { return "", errHelm },
	}
	for _, kind := range []string{
		"AnnotationsTransformer", "HashTransformer", "IAMPolicyGenerator", "ImageTagTransformer", "LabelTransformer",
		"NamespaceTransformer", "PrefixSuffixTransformer", "PrefixTransformer", "ReplicaCountTransformer", "SuffixTransformer",
	} {
		out[kind] = namesNoFiles
	}
	return out
}

func namesNoFiles(_ *place, _ string, res *resource.Resource) (string, error) {
	text, err := res.AsYAML()
	return string(text), err
}

// typed reads settings as kustomize does, has them vetted, and writes what was
// understood, and nothing else.
func typed[T any](vet func(p *place, field string, it *T) bool) vetPlugin {
	return func(p *place, field string, res *resource.Resource) (string, error) {
		text, err := res.AsYAML()
		if err != nil {
			return "", err
		}
		plugin := new(T)
		if err := yaml.Unmarshal(text, plugin); err != nil {
			return "", err
		}
		if !vet(p, field, plugin) {
			return "", nil
		}
		return encode(res, plugin)
	}
}

// encode writes the settings of a plugin under the name that they had.
func encode(res *resource.Resource, plugin any) (string, error) {
	known, err := yaml.Marshal(plugin)
	if err != nil {
		return "", err
	}
	fields := map[string]any{}
	if err := yaml.Unmarshal(known, &fields); err != nil {
		return "", err
	}
	fields["apiVersion"], fields["kind"] = res.GetApiVersion(), res.GetKind()
	fields["metadata"] = map[string]any{"name": res.GetName(), "namespace": res.GetNamespace()}
	text, err := yaml.Marshal(fields)
	return string(text), err
}

// optional vets a file that need not be given. It reports whether what names it
// stays.
func (p *place) optional(field string, entry *string) bool {
	if *entry == "" {
		return true
	}
	name, ok := p.manifest(field, *entry)
	*entry = name
	return ok
}
