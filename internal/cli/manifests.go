package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// read returns the text of a file, or of standard input.
func (s Streams) read(name string) ([]byte, error) {
	if name == "-" {
		return files.ReadAll("standard input", s.In)
	}
	return files.Read(name)
}

// readDocuments reads the YAML of files, of the files directly in folders, and
// of standard input.
func (s Streams) readDocuments(names ...string) ([]*manifest.Document, error) {
	var out []*manifest.Document
	add := func(name string, text []byte, err error) error {
		if err != nil {
			return err
		}
		documents, err := manifest.Parse(name, text)
		out = append(out, documents...)
		return err
	}
	for _, name := range names {
		if info, err := os.Stat(name); name != "-" && err == nil && info.IsDir() {
			if err := readFolder(name, add); err != nil {
				return nil, err
			}
			continue
		}
		text, err := s.read(name)
		if err := add(name, text, err); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// readFolder reads the YAML files directly in a folder.
func readFolder(name string, add func(name string, text []byte, err error) error) error {
	folder, err := files.Open(name)
	if err != nil {
		return err
	}
	entries, err := folder.List(".")
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	for _, entry := range entries {
		if entry.IsDir() || !isYAML(entry.Name()) {
			continue
		}
		text, err := folder.Read(entry.Name())
		if err != nil {
			err = fmt.Errorf("reading %s: %w", name, err)
		}
		if err := add(filepath.Join(name, entry.Name()), text, err); err != nil {
			return err
		}
	}
	return nil
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
