package overlay

import (
	"fmt"
	"path"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
)

// patches vets patches: one is a file or a text.
func (p *place) patches(field string, patches []types.Patch) []types.Patch {
	var out []types.Patch
	for _, patch := range patches {
		if patch.Path != "" {
			name, ok := p.manifest(field+".path", patch.Path)
			if !ok {
				continue
			}
			patch.Path = name
		}
		if p.bounded(field, p.show(p.file), []byte(patch.Patch)) {
			out = append(out, patch)
		}
	}
	return out
}

// merges vets patches of which each is a text or, failing that, a file.
func (p *place) merges(field string, patches []types.PatchStrategicMerge) []types.PatchStrategicMerge {
	var out []types.PatchStrategicMerge
	for _, patch := range patches {
		text := []byte(patch)
		if !p.bounded(field, p.show(p.file), text) {
			continue
		}
		if _, err := p.factory.RF().SliceFromBytes(text); err == nil {
			out = append(out, patch)
		} else if name, ok := p.manifest(field, string(patch)); ok {
			out = append(out, types.PatchStrategicMerge(name))
		}
	}
	return out
}

func (p *place) replacements(field string, replacements []types.ReplacementField) []types.ReplacementField {
	var out []types.ReplacementField
	for _, replacement := range replacements {
		if replacement.Path != "" {
			name, ok := p.manifest(field+".path", replacement.Path)
			if !ok {
				continue
			}
			replacement.Path = name
		}
		out = append(out, replacement)
	}
	return out
}

// openAPI vets where the schema is; the other keys are a version.
func (p *place) openAPI(fields map[string]string) map[string]string {
	var out map[string]string
	for _, key := range []string{"version", "path"} {
		value, there := fields[key]
		if there && key == "path" {
			value, there = p.manifest("openapi.path", value)
		}
		if !there {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[key] = value
	}
	return out
}

// sources vets the files of which a ConfigMap or Secret is made.
func (p *place) sources(field string, from types.KvPairSources) types.KvPairSources {
	out := types.KvPairSources{LiteralSources: from.LiteralSources}
	for _, source := range from.FileSources {
		key, name, keyed := strings.Cut(source, "=")
		if !keyed {
			key, name = path.Base(source), source
		}
		if key == "" || name == "" || strings.Contains(name, "=") {
			p.fail(field+".files", fmt.Errorf("%q is not KEY=FILE, and neither may have another =", source))
			continue
		}
		if given, ok := p.data(field+".files", name); ok {
			out.FileSources = append(out.FileSources, key+"="+given)
		}
	}
	envs := from.EnvSources
	if from.EnvSource != "" {
		envs = append(envs, from.EnvSource)
	}
	out.EnvSources = p.each(field+".envs", envs, p.data)
	return out
}

// data vets a file of any content.
func (p *place) data(field, entry string) (string, bool) {
	it := p.find(field, entry, p.fetchFile)
	if it == nil {
		return "", false
	}
	text, ok := p.load(field, it)
	if !ok {
		return "", false
	}
	return p.give(it, text), true
}
