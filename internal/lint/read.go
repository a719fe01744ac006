package lint

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// read adds a file, standard input, or what is below a folder.
func (s *Setup) read(path string) error {
	if path == "-" {
		s.add("stdin", s.options.Stdin)
		return nil
	}
	path = filepath.Clean(path)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such file or folder", path)
	case err != nil:
		return err
	case !info.IsDir():
		return s.readFile(path)
	}
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != path && isPassedOver(entry.Name()):
			return filepath.SkipDir
		case entry.IsDir():
			s.folders = append(s.folders, name)
		case isYAML(entry.Name()):
			return s.readFound(name)
		}
		return nil
	})
}

// apiVersion begins a manifest of Kubernetes.
var apiVersion = regexp.MustCompile(`(?m)^apiVersion:`)

// readFound reads a file of a folder that was given. What is wrong in one that is
// no manifest is none of our business: a playbook, a patch, a chart's values.
func (s *Setup) readFound(name string) error {
	before := len(s.Broken)
	err := s.readFile(name)
	if !isKustomizationFile(name) && !apiVersion.Match(s.texts[name]) {
		s.Broken = s.Broken[:before]
	}
	return err
}

// isPassedOver reports whether a folder is none of the set-up: hidden ones but
// those of CI, and dependencies.
func isPassedOver(name string) bool {
	ci := []string{".github", ".gitea", ".forgejo"}
	return strings.HasPrefix(name, ".") && !slices.Contains(ci, name) || name == "node_modules" || name == "vendor"
}

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

func (s *Setup) readFile(name string) error {
	if _, known := s.texts[name]; known {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	s.add(name, text)
	return nil
}

// add parses a file. A template of a Helm chart is no YAML yet, and no mistake.
func (s *Setup) add(name string, text []byte) {
	s.texts[name] = text
	documents, err := manifest.Parse(name, text)
	if err != nil && !bytes.Contains(text, []byte("{{")) {
		s.Broken = append(s.Broken, err)
	}
	for _, document := range documents {
		switch {
		case document.Object.GetKind() != "" && document.Object.GetAPIVersion() != "", isKustomizationFile(name):
			s.Documents = append(s.Documents, document)
		default:
			s.Scripts = append(s.Scripts, document)
		}
	}
}

func isKustomizationFile(name string) bool {
	return slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(name))
}

// open returns the documents of a file, wherever it is; none when it cannot be
// read.
func (s *Setup) open(name string) []*manifest.Document {
	name = filepath.Clean(name)
	s.text(name)
	documents, err := manifest.Parse(name, s.texts[name])
	if err != nil { // kustomize says what is wrong in it, unless it is a list
		if list := manifest.List(name, s.texts[name]); list != nil {
			return []*manifest.Document{list}
		}
	}
	return documents
}

// text returns a file as it is, "" when it cannot be read.
func (s *Setup) text(name string) string {
	if _, known := s.texts[name]; !known {
		if text, err := os.ReadFile(name); err == nil {
			s.texts[name] = text
		}
	}
	return string(s.texts[name])
}
