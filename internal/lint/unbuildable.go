package lint

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/overlay"
)

// unbuildable finds a Kustomization that Flux could not build, unless that is
// because of a file that is not YAML, which is a finding of its own. Where the
// fleet is not known, the rule unchecked says so.
func unbuildable(p part) *Finding {
	if p.service.Fleet == "" || p.Err == nil || p.isBroken() {
		return nil
	}
	var in *manifest.Error
	if errors.As(p.Err, &in) && !in.Syntax && in.Line > 0 {
		at := in.Position
		at.File = filepath.Join(p.service.Fleet, at.File)
		return &Finding{Position: at, Message: in.Message, Fix: "correct the name of the field: kustomize does not know it, and Flux drops it without a word"}
	}
	fix := "correct the overlay; `eddy build preview` builds it"
	switch {
	case errors.Is(p.Err, overlay.ErrNoPath):
		fix = "correct spec.path: it is relative to the root of the repository"
	case errors.Is(p.Err, overlay.ErrNoManifests):
		fix = "add a kustomization.yaml to the folder"
	}
	return &Finding{
		Position: p.where("spec", "path"),
		Message:  "Flux cannot build it: " + strings.Join(strings.Fields(p.Err.Error()), " "),
		Fix:      fix,
	}
}

// isBroken reports whether a file in the folder of a Kustomization is broken.
func (p part) isBroken() bool {
	if p.Kustomization == nil {
		return false
	}
	folder := filepath.Join(p.service.Fleet, p.Kustomization.Spec.Path)
	return slices.ContainsFunc(unreadable(p.service.setup), func(found Finding) bool { return filepath.Dir(found.File) == folder })
}
