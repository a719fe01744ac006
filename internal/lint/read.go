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

	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// read adds a file, standard input, or what is below a folder.
func (s *Setup) read(path string) error {
	switch path {
	case "-":
		s.add("stdin", s.options.Stdin)
		return nil
	case "":
		return errors.New(`a path is empty, as where a variable has no value: give a file or a folder, or . for this one`)
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
	return s.readFolder(path)
}

// readFolder reads the YAML below a folder.
func (s *Setup) readFolder(path string) error {
	folder, err := files.Open(path)
	if err != nil {
		return err
	}
	s.folders = append(s.folders, path)
	before := s.texts.count()
	err = folder.Walk(".", func(relative string, entry fs.DirEntry) error {
		name := filepath.Join(path, relative)
		switch {
		case entry.IsDir() && isPassedOver(entry.Name()):
			return fs.SkipDir
		case entry.IsDir():
			s.folders = append(s.folders, name)
		case isYAML(entry.Name()):
			text, err := folder.Read(relative)
			if err != nil {
				return fmt.Errorf("reading %s: %w", path, err)
			}
			s.addFound(name, text)
			before = -1
		}
		return nil
	})
	if err == nil && before == s.texts.count() {
		return fmt.Errorf("%s: there is no YAML file in the folder, or below it", path)
	}
	return err
}

// apiVersion begins a manifest of Kubernetes.
var apiVersion = regexp.MustCompile(`(?m)^apiVersion:`)

// addFound adds a file of a folder that was given. What is wrong in one that is no
// manifest is none of our business: a playbook, a patch, a chart's values.
func (s *Setup) addFound(name string, text []byte) {
	if s.texts.has(name) {
		return
	}
	before := len(s.Broken)
	s.add(name, text)
	if !isKustomizationFile(name) && !apiVersion.Match(text) {
		s.Broken = s.Broken[:before]
	}
}

// isPassedOver reports whether a folder is none of the set-up: hidden ones but
// those of CI, and dependencies.
func isPassedOver(name string) bool {
	ci := []string{".github", ".gitea", ".forgejo", ".gitlab"}
	return strings.HasPrefix(name, ".") && !slices.Contains(ci, name) || name == "node_modules" || name == "vendor"
}

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

func (s *Setup) readFile(name string) error {
	if s.texts.has(name) {
		return nil
	}
	text, err := files.Read(name)
	if err != nil {
		return err
	}
	s.add(name, text)
	return nil
}

// add parses a file. A template of a Helm chart is no YAML yet, and no mistake.
func (s *Setup) add(name string, text []byte) {
	s.texts.keep(name, text)
	documents, err := s.texts.parse(name)
	switch {
	case err == nil:
	case !bytes.Contains(text, []byte("{{")):
		s.Broken = append(s.Broken, err)
	case meant.Match(text):
		s.Broken = append(s.Broken, inBraces(err))
	case apiVersion.Match(text) && !isOfChart(name):
		s.templated = append(s.templated, name)
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

// meant is how a manifest of our kinds begins, in whatever version.
var meant = regexp.MustCompile(`(?m)^kind:\s*["']?ResourceSet`)

// inBraces says of a ResourceSet that is no YAML how a template of it is written.
func inBraces(err error) error {
	var known *manifest.Error
	if !errors.As(err, &known) {
		return err
	}
	out := *known
	out.Message += "; a template is written << inputs.id >> here, not {{ inputs.id }}"
	return &out
}

// isOfChart reports whether a file is a template of a Helm chart.
func isOfChart(name string) bool {
	for dir := filepath.Dir(name); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if filepath.Base(dir) != "templates" {
			continue
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "Chart.yaml")); err == nil {
			return true
		}
	}
	return false
}

func isKustomizationFile(name string) bool {
	return slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(name))
}
