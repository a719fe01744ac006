package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// read returns the text of a file, or of standard input.
func (s Streams) read(name string) ([]byte, error) {
	if name == "-" {
		text, err := io.ReadAll(s.In)
		if err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		return text, nil
	}
	return readFile(name)
}

func readFile(name string) ([]byte, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file", name)
	}
	return text, err
}

// readDocuments reads the YAML of files, of the files directly in folders, and
// of standard input.
func (s Streams) readDocuments(names ...string) ([]*manifest.Document, error) {
	var out []*manifest.Document
	for _, name := range names {
		files, err := yamlFiles(name)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := s.read(file)
			if err != nil {
				return nil, err
			}
			documents, err := manifest.Parse(file, text)
			if err != nil {
				return nil, err
			}
			out = append(out, documents...)
		}
	}
	return out, nil
}

// readManifests reads objects of a cluster. A kustomization.yaml is none.
func (s Streams) readManifests(names []string) ([]*unstructured.Unstructured, error) {
	documents, err := s.readDocuments(names...)
	if err != nil {
		return nil, err
	}
	var out []*unstructured.Unstructured
	for _, document := range documents {
		object := document.Object
		if object.GroupVersionKind().Group == "kustomize.config.k8s.io" {
			continue
		}
		if object.GetAPIVersion() == "" || object.GetKind() == "" || object.GetName() == "" {
			return nil, &manifest.Error{Position: document.Position(document.Root), Message: "an object has apiVersion, kind and metadata.name"}
		}
		out = append(out, object)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there are no manifests in %s", strings.Join(names, ", "))
	}
	return out, nil
}

// yamlFiles returns the YAML files directly in a folder, or the file itself.
func yamlFiles(name string) ([]string, error) {
	info, err := os.Stat(name)
	if name == "-" || err != nil || !info.IsDir() {
		return []string{name}, nil // reading it tells what is wrong
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, entry := range entries {
		if !entry.IsDir() && isYAML(entry.Name()) {
			out = append(out, filepath.Join(name, entry.Name()))
		}
	}
	return out, nil
}

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// decodeOurs decodes a document of one of our kinds.
func decodeOurs(document *manifest.Document, kind string, into any) error {
	found := document.Object
	if found.GetAPIVersion() != v1.GroupVersion.String() || found.GetKind() != kind {
		return &manifest.Error{
			Position: document.Position(document.Nearest("kind")),
			Message:  fmt.Sprintf("found %s %s; expected %s %s", found.GetAPIVersion(), found.GetKind(), v1.GroupVersion, kind),
		}
	}
	return document.Decode(into)
}
