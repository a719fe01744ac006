package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/konfig"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/diff"
	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/schema"
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

// checkFiles says which file is not there, or is none, before a cluster is asked.
func (o *showDiff) checkFiles() error {
	for _, name := range o.Filenames {
		if info, err := os.Stat(name); name == "-" || err == nil && info.IsDir() {
			continue
		}
		if _, err := o.read(name); err != nil {
			return err
		}
	}
	return nil
}

// manifests reads objects of a cluster: as Flux deploys them, where it does; as the
// kustomization.yaml of a folder says, or else as they stand.
func (o *showDiff) manifests(ctx context.Context, deployed diff.Repository) ([]*unstructured.Unstructured, error) {
	var out []*unstructured.Unstructured
	var plain []string
	for _, name := range o.Filenames {
		built, err := o.built(ctx, name, deployed)
		switch {
		case errors.Is(err, diff.ErrNotDeployed):
			plain = append(plain, name)
		case err != nil:
			return nil, err
		}
		out = append(out, built...)
	}
	documents, err := o.readDocuments(plain...)
	if err != nil {
		return nil, err
	}
	for _, document := range documents {
		object := document.Object
		if object.GroupVersionKind().Group == "kustomize.config.k8s.io" {
			continue // it says how to build, and is no object
		}
		if object.GetAPIVersion() == "" || object.GetKind() == "" || object.GetName() == "" {
			return nil, &manifest.Error{Position: document.Position(document.Root), Message: "an object has apiVersion, kind and metadata.name"}
		}
		out = append(out, object)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("there are no manifests in %s", strings.Join(o.Filenames, ", "))
	}
	return out, nil
}

// built builds a file or folder; diff.ErrNotDeployed says that it is not to be built.
// What it takes in from beside it is found in the repository that it is in.
func (o *showDiff) built(ctx context.Context, name string, deployed diff.Repository) ([]*unstructured.Unstructured, error) {
	if name == "-" {
		return nil, diff.ErrNotDeployed
	}
	folder, err := filepath.Abs(name)
	if err == nil {
		folder, err = filepath.EvalSymlinks(folder)
	}
	if err != nil {
		return nil, err
	}
	deployed.Root = repositoryOf(folder)
	path, err := filepath.Rel(deployed.Root, folder)
	if err != nil {
		return nil, err
	}
	built, err := deployed.Read(ctx, path)
	if !errors.Is(err, diff.ErrNotDeployed) || !hasKustomization(name) {
		return built, err
	}
	alone, err := overlay.Build(ctx, deployed.Root, path, kustomizev1.Kustomization{})
	for _, left := range alone.LeftOut {
		o.warn("%s: %s names %q, which is not in the repository: it is not fetched, and not compared", left.File, left.Field, left.Shown())
	}
	return alone.Objects, err
}

// hasKustomization reports whether a folder says itself what it deploys.
func hasKustomization(name string) bool {
	return slices.ContainsFunc(konfig.RecognizedKustomizationFileNames(), func(file string) bool {
		info, err := os.Stat(filepath.Join(name, file))
		return err == nil && info.Mode().IsRegular()
	})
}

// repositoryOf is the repository that a file or folder is in; the working directory
// where there is none, or the folder itself where it is not below that.
func repositoryOf(folder string) string {
	for up := folder; ; up = filepath.Dir(up) {
		if _, err := os.Stat(filepath.Join(up, ".git")); err == nil {
			return up
		}
		if up == filepath.Dir(up) {
			break
		}
	}
	here, err := os.Getwd()
	if err == nil {
		here, err = filepath.EvalSymlinks(here)
	}
	if relative, outside := filepath.Rel(here, folder); err == nil && outside == nil && filepath.IsLocal(relative) {
		return here
	}
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		return filepath.Dir(folder)
	}
	return folder
}

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// decodeOurs decodes a document of one of our kinds.
func decodeOurs(kinds *schema.Kinds, document *manifest.Document, kind string, into any) error {
	found := document.Object
	if found.GetAPIVersion() != v1.GroupVersion.String() || found.GetKind() != kind {
		if err := kinds.Refuse(document); err != nil && (found.GetKind() == kind || found.GroupVersionKind().Group == v1.Group) {
			return err
		}
		return &manifest.Error{
			Position: document.Position(document.Nearest("kind")),
			Message:  fmt.Sprintf("found %s %s; expected %s %s", found.GetAPIVersion(), found.GetKind(), v1.GroupVersion, kind),
		}
	}
	return decodeTaken(kinds, document, into)
}

// decodeTaken decodes a document of one of our kinds, and refuses what the API server
// refuses.
func decodeTaken(kinds *schema.Kinds, document *manifest.Document, into any) error {
	if err := kinds.Refuse(document); err != nil {
		return err
	}
	return document.Decode(into)
}
