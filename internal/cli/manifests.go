package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	k8syaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// readManifests reads the objects of files, of folders, and of standard input.
func (s Streams) readManifests(names []string) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	for _, name := range names {
		files, err := manifestFiles(name)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := s.read(file)
			if err != nil {
				return nil, err
			}
			objects, err := parseManifests(file, text)
			if err != nil {
				return nil, err
			}
			out = append(out, objects...)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there are no manifests in %s", strings.Join(names, ", "))
	}
	return out, nil
}

// manifestFiles returns the YAML files directly in a folder, or the file itself.
func manifestFiles(name string) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return []string{name}, nil // reading it tells what is wrong
	}
	var out []string
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		found, err := filepath.Glob(filepath.Join(name, pattern))
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// parseManifests reads the documents of a file; empty ones are left out. What is
// no object is an error; a kustomization.yaml is none of the cluster's.
func parseManifests(file string, text []byte) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	reader := k8syaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for n := 1; ; n++ {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", file, n, err)
		}
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(document, &object.Object); err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", file, n, err)
		}
		if len(object.Object) == 0 || object.GroupVersionKind().Group == "kustomize.config.k8s.io" {
			continue
		}
		if object.GetAPIVersion() == "" || object.GetKind() == "" || object.GetName() == "" {
			return nil, fmt.Errorf("%s: document %d: an object has apiVersion, kind and metadata.name", file, n)
		}
		out = append(out, object)
	}
}
