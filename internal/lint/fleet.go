package lint

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"

	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/simulate"
)

// unchecked tells what Flux deploys and nobody can tell from the files.
func (s *Service) unchecked() []string {
	var out []string
	for _, part := range s.Samples.First.Parts {
		if part.Kustomization == nil || s.Err != nil {
			continue
		}
		if why := s.beyond(part.Kustomization); why != "" && !slices.Contains(out, why) {
			out = append(out, why)
		}
	}
	return out
}

// beyond says why no files tell what a Kustomization deploys, "" when there are
// some.
func (s *Service) beyond(ks *kustomizev1.Kustomization) string {
	if s.Fleet == "" || !isFolder(filepath.Join(s.Fleet, ks.Spec.Path)) && s.hasOwnSource(ks) {
		return "no folder given has its spec.path; give the repository that Flux deploys with --path"
	}
	return ""
}

// isPartial reports whether something that Flux deploys is not known.
func (s *Service) isPartial() bool {
	return len(s.unchecked()) > 0 || slices.ContainsFunc(s.Samples.First.Parts, func(part simulate.Part) bool { return len(part.LeftOut) > 0 })
}

// hasOwnSource reports whether a Kustomization deploys something else than the
// fleet repository: an artifact, or a repository of the preview's own.
func (s *Service) hasOwnSource(ks *kustomizev1.Kustomization) bool {
	ref := ks.Spec.SourceRef
	return ref.Kind != sourcev1.GitRepositoryKind || slices.ContainsFunc(s.Samples.First.Parts, func(part simulate.Part) bool {
		return part.Stamped.GetKind() == ref.Kind && part.Stamped.GetName() == ref.Name
	})
}

// findFleet looks for the folder that has the paths of the Kustomizations: the
// folders that were given, and those above the ResourceSet.
func (s *Service) findFleet() {
	if s.Fleet = s.setup.options.Fleet; s.Fleet != "" {
		return
	}
	candidates := slices.Clone(s.setup.folders)
	above := filepath.Dir(s.File)
	for range levels {
		candidates = append(candidates, above)
		above = filepath.Join(above, "..")
	}
	paths := s.fleetPaths()
	for _, path := range slices.Concat(paths, parents(paths)) {
		for _, candidate := range candidates {
			if isFolder(filepath.Join(candidate, path)) {
				s.Fleet = candidate
				return
			}
		}
	}
}

// parents are the folders that paths are in, as far as these tell of one repository and
// no other: the last part of a path may be misspelt.
func parents(paths []string) []string {
	var out []string
	for _, path := range paths {
		if parent := filepath.Dir(filepath.Clean(path)); strings.Contains(parent, string(filepath.Separator)) {
			out = append(out, parent)
		}
	}
	return out
}

// levels is how far above a ResourceSet its repository may begin.
const levels = 8

// fleetPaths are folders of the fleet: those of the service's Kustomizations, or
// where they are wrong, those of the Kustomizations that were given.
func (s *Service) fleetPaths() []string {
	var out []string
	for _, part := range s.Samples.First.Parts {
		if part.Kustomization != nil {
			out = append(out, part.Kustomization.Spec.Path)
		}
	}
	if len(out) > 0 {
		for _, document := range s.setup.kustomizations {
			out = append(out, textAt(document.Object.Object, "spec", "path"))
		}
	}
	return slices.DeleteFunc(out, func(path string) bool { return filepath.Clean(path) == "." })
}

// fleets are the repositories that somebody builds and reads of, each opened once.
type fleets struct {
	built map[string]*overlay.Repository

	// mu is held while files are read.
	mu   sync.Mutex
	read map[string]*files.Folder
}

func newFleets() *fleets {
	return &fleets{built: map[string]*overlay.Repository{}, read: map[string]*files.Folder{}}
}

// repository is what overlays are built of.
func (f *fleets) repository(fleet string) *overlay.Repository {
	if f.built[fleet] == nil {
		f.built[fleet] = overlay.Open(fleet)
	}
	return f.built[fleet]
}

// forget lets go of what was built, of which nobody else builds the same.
func (f *fleets) forget() { clear(f.built) }

// folder is what files are read of; nil when there is none.
func (f *fleets) folder(fleet string) *files.Folder {
	if fleet == "" {
		return nil
	}
	if _, known := f.read[fleet]; !known {
		f.read[fleet], _ = files.Open(fleet) // the build says what is wrong
	}
	return f.read[fleet]
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
