package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// readTrees reads the YAML of files, of standard input, and of all that is below
// folders, as `eddy lint` does. Below a folder, what is wrong in a file that is no
// manifest is no business of a build: a chart's template, a playbook.
func (s Streams) readTrees(names ...string) ([]*manifest.Document, error) {
	var out []*manifest.Document
	for _, name := range names {
		if info, err := os.Stat(name); name == "-" || err != nil || !info.IsDir() {
			documents, err := s.readDocuments(name)
			if err != nil {
				return nil, err
			}
			out = append(out, documents...)
			continue
		}
		documents, err := readTree(name)
		if err != nil {
			return nil, err
		}
		out = append(out, documents...)
	}
	return out, nil
}

// ours is how the manifests begin that a build is about.
var ours = regexp.MustCompile(`(?m)^(apiVersion:\s*["']?fluxcd\.controlplane\.io/|kind:\s*["']?ResourceSet)`)

func readTree(name string) ([]*manifest.Document, error) {
	folder, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	var out []*manifest.Document
	err = folder.Walk(".", func(relative string, entry fs.DirEntry) error {
		switch base := entry.Name(); {
		case entry.IsDir() && relative != "." && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "vendor"):
			return fs.SkipDir
		case entry.IsDir(), !isYAML(base), slices.Contains(konfig.RecognizedKustomizationFileNames(), base):
			return nil
		}
		text, err := folder.Read(relative)
		if err != nil {
			return fmt.Errorf("reading %s: %w", name, err)
		}
		documents, err := manifest.Parse(filepath.Join(name, relative), text)
		out = append(out, documents...)
		if err != nil && ours.Match(text) {
			return err
		}
		return nil
	})
	return out, err
}
