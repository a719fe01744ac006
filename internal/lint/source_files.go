package lint

import (
	"fmt"
	"path/filepath"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// sourceFiles are the files that kustomize reads for an overlay: its own first, then
// its patches, then what it builds upon.
type sourceFiles struct {
	// overlay is the kustomization.yaml; nil when there is none.
	overlay   *manifest.Document
	documents []*manifest.Document
	// generated are the files of which kustomize makes ConfigMaps and Secrets.
	generated []string

	setup *Setup
	// fleet is where the files are, and folder what they are read from.
	fleet  string
	folder *files.Folder
	seen   map[string]bool
}

// sources returns the files of the overlay that a Kustomization builds, nil for a
// part that is none.
func (p part) sources() *sourceFiles {
	if p.Kustomization == nil {
		return nil
	}
	s := p.service
	path := filepath.Join(s.Fleet, p.Kustomization.Spec.Path)
	s.fleets.mu.Lock()
	defer s.fleets.mu.Unlock()
	if known := s.sources[path]; known != nil {
		return known
	}
	out := s.newSourceFiles()
	if out.folder != nil {
		out.addPath(path)
	}
	s.sources[path] = out
	return out
}

func (s *Service) newSourceFiles() *sourceFiles {
	return &sourceFiles{setup: s.setup, fleet: s.Fleet, folder: s.fleets.folder(s.Fleet), seen: map[string]bool{}}
}

func (f *sourceFiles) addFolder(dir string) {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		documents := f.open(filepath.Join(dir, name))
		if len(documents) == 0 {
			continue
		}
		if f.overlay == nil {
			f.overlay = documents[0]
		}
		f.documents = append(f.documents, documents[0])
		for _, name := range generatedFrom(documents[0]) {
			if file := filepath.Join(dir, name); f.read(file) {
				f.generated = append(f.generated, file)
			}
		}
		for _, node := range paths(documents[0]) {
			f.addPath(filepath.Join(dir, node.Value))
		}
		return
	}
	f.addManifests(dir)
}

// addManifests adds what Flux takes in where there is no kustomization.yaml:
// every manifest, and every folder.
func (f *sourceFiles) addManifests(dir string) {
	relative, err := filepath.Rel(f.fleet, dir)
	if err != nil {
		return
	}
	entries, err := f.folder.List(relative)
	if err != nil {
		return // the build says so
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case isKustomizationFile(name): // it is read already
		case entry.IsDir() && !strings.HasPrefix(name, "."), isYAML(name):
			f.addPath(filepath.Join(dir, name))
		}
	}
}

// addPath adds what a path leads to, if that is in the fleet repository.
func (f *sourceFiles) addPath(path string) {
	relative, err := filepath.Rel(f.fleet, path)
	if err != nil {
		return
	}
	real, err := f.folder.Resolve(relative)
	if path = filepath.Join(f.fleet, real); err != nil || f.seen[path] {
		return // the build says what is wrong
	}
	f.seen[path] = true
	if !isYAML(path) {
		f.addFolder(path)
		return
	}
	f.documents = append(f.documents, f.open(path)...)
}

// read reads a file of the fleet repository, and reports whether that can be done.
func (f *sourceFiles) read(name string) bool {
	if f.setup.texts.has(name) {
		return true
	}
	relative, err := filepath.Rel(f.fleet, name)
	if err != nil {
		return false
	}
	text, err := f.folder.Read(relative)
	if err == nil {
		f.setup.texts.keep(name, text)
	}
	return err == nil
}

// open returns the documents of a file of the fleet repository; none when it
// cannot be read.
func (f *sourceFiles) open(name string) []*manifest.Document {
	if !f.read(name) {
		return nil
	}
	return f.setup.texts.documents(name)
}

// paths are where a kustomization.yaml names files, folders and repositories,
// patches first: what they say wins.
func paths(kustomization *manifest.Document) []*yamlv3.Node {
	var out []*yamlv3.Node
	for _, field := range []string{"patches", "patchesJson6902"} {
		for _, patch := range items(kustomization.At(field)) {
			if _, path := manifest.Pair(patch, "path"); path != nil {
				out = append(out, path)
			}
		}
	}
	for _, field := range []string{"patchesStrategicMerge", "components", "resources", "bases"} {
		for _, item := range items(kustomization.At(field)) {
			if !strings.Contains(item.Value, "\n") {
				out = append(out, item)
			}
		}
	}
	return out
}

// patchesOf are the files that a kustomization.yaml names as patches.
func patchesOf(kustomization *manifest.Document) []string {
	dir := filepath.Dir(kustomization.File)
	var out []string
	for _, field := range []string{"patches", "patchesJson6902"} {
		for _, patch := range items(kustomization.At(field)) {
			if _, path := manifest.Pair(patch, "path"); path != nil {
				out = append(out, filepath.Join(dir, path.Value))
			}
		}
	}
	for _, item := range items(kustomization.At("patchesStrategicMerge")) {
		out = append(out, filepath.Join(dir, item.Value))
	}
	return out
}

// generatedFrom are the files that the generators of a kustomization.yaml take
// in: NAME or KEY=NAME, or a file of variables.
func generatedFrom(kustomization *manifest.Document) []string {
	var out []string
	for _, generator := range []string{"configMapGenerator", "secretGenerator"} {
		for _, item := range items(kustomization.At(generator)) {
			_, options := manifest.Pair(item, "options")
			if isSwitchedOff(options) || isSwitchedOff(kustomization.At("generatorOptions")) {
				continue
			}
			for _, field := range []string{"files", "envs"} {
				_, list := manifest.Pair(item, field)
				for _, file := range items(list) {
					_, name, keyed := strings.Cut(file.Value, "=")
					if !keyed {
						name = file.Value
					}
					out = append(out, name)
				}
			}
		}
	}
	return out
}

// isSwitchedOff reports whether labels or annotations keep Flux from substituting.
func isSwitchedOff(metadata *yamlv3.Node) bool {
	for _, field := range []string{"labels", "annotations"} {
		_, pairs := manifest.Pair(metadata, field)
		if _, value := manifest.Pair(pairs, flux.KustomizeGroup+"/substitute"); value != nil && value.Value == "disabled" {
			return true
		}
	}
	return false
}

func items(node *yamlv3.Node) []*yamlv3.Node {
	if node == nil || node.Kind != yamlv3.SequenceNode {
		return nil
	}
	return node.Content
}

// madeOf are the documents that an object is made of: those of its kind whose
// name its own name holds.
func (f *sourceFiles) madeOf(object *unstructured.Unstructured) []*manifest.Document {
	var out []*manifest.Document
	for _, document := range f.documents {
		name := document.Object.GetName()
		if document.Object.GetKind() == object.GetKind() && name != "" && strings.Contains(object.GetName(), strings.Split(name, "${")[0]) {
			out = append(out, document)
		}
	}
	return out
}

// where returns the line that gives an object a field, as much of its path as
// is written down; else the overlay itself.
func (f *sourceFiles) where(object *unstructured.Unstructured, path ...any) manifest.Position {
	documents := f.madeOf(object)
	for _, document := range documents {
		if node := document.At(path...); node != nil {
			return document.Position(node)
		}
	}
	if position := f.common(path); position.File != "" {
		return position
	}
	if n := len(documents); n > 0 {
		return documents[n-1].Position(documents[n-1].Nearest(path...))
	}
	if f.overlay == nil {
		return manifest.Position{}
	}
	return f.overlay.Position(f.overlay.Root)
}

// common returns the line with which a kustomization.yaml gives a label or an
// annotation to all its objects, the zero position when none does.
func (f *sourceFiles) common(path []any) manifest.Position {
	var field, key string
	if n := len(path); n > 1 {
		key = fmt.Sprint(path[n-1])
		switch path[n-2] {
		case "annotations":
			field = "commonAnnotations"
		case "labels", "matchLabels", "selector":
			field = "commonLabels"
		}
	}
	for _, document := range f.documents {
		if field == "" || !isKustomizationFile(document.File) {
			continue
		}
		if node := document.At(field, key); node != nil {
			return document.Position(node)
		}
		for _, item := range items(document.At("labels")) {
			_, pairs := manifest.Pair(item, "pairs")
			if _, node := manifest.Pair(pairs, key); node != nil && field == "commonLabels" {
				return document.Position(node)
			}
		}
	}
	return manifest.Position{}
}

// baseName is the name that an object has without a suffix, "" when it is not
// known: of the documents that it may be made of, that of the longest name.
func (f *sourceFiles) baseName(object *unstructured.Unstructured) string {
	longest := ""
	for _, document := range f.madeOf(object) {
		if name := document.Object.GetName(); len(name) >= len(longest) {
			longest = name
		}
	}
	return longest
}
