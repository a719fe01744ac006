package lint

import (
	"path/filepath"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/preview"
)

// layer is the files that kustomize reads for an overlay: its own first, then
// its patches, then what it builds upon.
type layer struct {
	// overlay is the kustomization.yaml; nil when there is none.
	overlay   *manifest.Document
	documents []*manifest.Document

	setup *Setup
	seen  map[string]bool
}

// layer returns the files of the overlay that a Kustomization builds.
func (s *Service) layer(part preview.Part) *layer {
	path := filepath.Join(s.Fleet, part.Kustomization.Spec.Path)
	if known := s.layers[path]; known != nil {
		return known
	}
	out := &layer{setup: s.setup, seen: map[string]bool{}}
	if s.Fleet != "" {
		out.addFolder(path)
	}
	s.layers[path] = out
	return out
}

func (l *layer) addFolder(dir string) {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		documents := l.setup.open(filepath.Join(dir, name))
		if len(documents) == 0 || l.seen[documents[0].File] {
			continue
		}
		l.seen[documents[0].File] = true
		if l.overlay == nil {
			l.overlay = documents[0]
		}
		l.documents = append(l.documents, documents[0])
		for _, path := range paths(documents[0]) {
			l.addPath(filepath.Join(dir, path))
		}
		return
	}
}

func (l *layer) addPath(path string) {
	if !isYAML(path) {
		l.addFolder(path)
		return
	}
	if !l.seen[path] {
		l.seen[path] = true
		l.documents = append(l.documents, l.setup.open(path)...)
	}
}

// paths are the files and folders that a kustomization.yaml names, patches
// first: what they say wins.
func paths(kustomization *manifest.Document) []string {
	var out []string
	for _, field := range []string{"patches", "patchesJson6902"} {
		for _, patch := range items(kustomization.At(field)) {
			if _, path := manifest.Pair(patch, "path"); path != nil {
				out = append(out, path.Value)
			}
		}
	}
	for _, field := range []string{"patchesStrategicMerge", "components", "resources", "bases"} {
		for _, item := range items(kustomization.At(field)) {
			if !strings.Contains(item.Value, "\n") && !strings.Contains(item.Value, "://") {
				out = append(out, item.Value)
			}
		}
	}
	return out
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
	if n := len(sources); n > 0 {
		return sources[n-1].Position(sources[n-1].Nearest(path...))
	}
	if l.overlay == nil {
		return manifest.Position{}
	}
	return l.overlay.Position(l.overlay.Root)
}

// baseName is the name that an object has without a suffix, "" when it is not
// known.
func (l *layer) baseName(object *unstructured.Unstructured) string {
	if sources := l.sources(object); len(sources) > 0 {
		return sources[len(sources)-1].Object.GetName()
	}
	return ""
}
