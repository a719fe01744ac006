package lint

import (
	"fmt"
	"path/filepath"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/simulate"
)

// layer is the files that kustomize reads for an overlay: its own first, then
// its patches, then what it builds upon.
type layer struct {
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

// layer returns the files of the overlay that a Kustomization builds.
func (s *Service) layer(part simulate.Part) *layer { return s.layerOf(part.Kustomization) }

func (s *Service) layerOf(ks *kustomizev1.Kustomization) *layer {
	path := filepath.Join(s.Fleet, ks.Spec.Path)
	if known := s.layers[path]; known != nil {
		return known
	}
	out := &layer{setup: s.setup, fleet: s.Fleet, folder: s.setup.folder(s.Fleet), seen: map[string]bool{}}
	if out.folder != nil {
		out.addPath(path)
	}
	s.layers[path] = out
	return out
}

func (l *layer) addFolder(dir string) {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		documents := l.open(filepath.Join(dir, name))
		if len(documents) == 0 {
			continue
		}
		if l.overlay == nil {
			l.overlay = documents[0]
		}
		l.documents = append(l.documents, documents[0])
		for _, name := range generatedFrom(documents[0]) {
			if file := filepath.Join(dir, name); l.read(file) {
				l.generated = append(l.generated, file)
			}
		}
		for _, node := range paths(documents[0]) {
			l.addPath(filepath.Join(dir, node.Value))
		}
		return
	}
	l.addManifests(dir)
}

// addManifests adds what Flux takes in where there is no kustomization.yaml:
// every manifest, and every folder.
func (l *layer) addManifests(dir string) {
	relative, err := filepath.Rel(l.fleet, dir)
	if err != nil {
		return
	}
	entries, err := l.folder.List(relative)
	if err != nil {
		return // the build says so
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case isKustomizationFile(name): // it is in the layer
		case entry.IsDir() && !strings.HasPrefix(name, "."), isYAML(name):
			l.addPath(filepath.Join(dir, name))
		}
	}
}

// addPath adds what a path leads to, if that is in the fleet repository.
func (l *layer) addPath(path string) {
	relative, err := filepath.Rel(l.fleet, path)
	if err != nil {
		return
	}
	real, err := l.folder.Resolve(relative)
	if path = filepath.Join(l.fleet, real); err != nil || l.seen[path] {
		return // the build says what is wrong
	}
	l.seen[path] = true
	if !isYAML(path) {
		l.addFolder(path)
		return
	}
	l.documents = append(l.documents, l.open(path)...)
}

// read reads a file of the fleet repository, and reports whether that can be done.
func (l *layer) read(name string) bool {
	if _, known := l.setup.texts[name]; known {
		return true
	}
	relative, err := filepath.Rel(l.fleet, name)
	if err != nil {
		return false
	}
	text, err := l.folder.Read(relative)
	if err == nil {
		l.setup.texts[name] = text
	}
	return err == nil
}

// open returns the documents of a file of the fleet repository; none when it
// cannot be read.
func (l *layer) open(name string) []*manifest.Document {
	if !l.read(name) {
		return nil
	}
	return l.setup.parse(name)
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

// sources are the documents that an object is made of: those of its kind whose
// name its own name holds.
func (l *layer) sources(object *unstructured.Unstructured) []*manifest.Document {
	var out []*manifest.Document
	for _, document := range l.documents {
		name := document.Object.GetName()
		if document.Object.GetKind() == object.GetKind() && name != "" && strings.Contains(object.GetName(), strings.Split(name, "${")[0]) {
			out = append(out, document)
		}
	}
	return out
}

// where returns the line that gives an object a field, as much of its path as
// is written down; else the overlay itself.
func (l *layer) where(object *unstructured.Unstructured, path ...any) manifest.Position {
	sources := l.sources(object)
	for _, document := range sources {
		if node := document.At(path...); node != nil {
			return document.Position(node)
		}
	}
	if position := l.common(path); position.File != "" {
		return position
	}
	if n := len(sources); n > 0 {
		return sources[n-1].Position(sources[n-1].Nearest(path...))
	}
	if l.overlay == nil {
		return manifest.Position{}
	}
	return l.overlay.Position(l.overlay.Root)
}

// common returns the line with which a kustomization.yaml gives a label or an
// annotation to all its objects, the zero position when none does.
func (l *layer) common(path []any) manifest.Position {
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
	for _, document := range l.documents {
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
// known.
func (l *layer) baseName(object *unstructured.Unstructured) string {
	if sources := l.sources(object); len(sources) > 0 {
		return sources[len(sources)-1].Object.GetName()
	}
	return ""
}
