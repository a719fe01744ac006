package lint

import (
	"slices"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/schema"
)

// refuse holds the documents of our own kinds against what the API server takes. One
// that it would not take is read as far as it can be, so that the rest of it is checked.
func (s *Setup) refuse() {
	patches := s.patches()
	for _, document := range s.Documents {
		if document.Object.GroupVersionKind().Group != v1.Group || slices.Contains(patches, document.File) {
			continue
		}
		for _, fault := range s.kinds.Check(document.Object) {
			s.refused[document] = true
			s.Broken = append(s.Broken, schema.Locate(document, fault))
		}
	}
}

// patches are the files that overlays name as patches: they hold as much of an object
// as changes.
func (s *Setup) patches() []string {
	var out []string
	for _, document := range s.Documents {
		if isKustomizationFile(document.File) {
			out = append(out, patchesOf(document)...)
		}
	}
	return out
}

// refusedParts finds what is stamped out and what the API server would not take. The
// first request shows it; where it is in a text that is a template, its line is that of
// the text.
func refusedParts(s *Service) []Finding {
	var out []Finding
	for part := range stamped(s) {
		unpruned := noPrune(part) != nil
		for _, fault := range s.setup.kinds.Check(part.Stamped.Unstructured) {
			if unpruned && fault.String() == "spec.prune: Required value" {
				continue // no-prune says what comes of it
			}
			out = append(out, Finding{
				Position: part.where(fault.Path...),
				Message:  "the API server refuses the " + part.Stamped.GetKind() + " that is stamped out: " + fault.String(),
				Fix:      "correct the field; `eddy build resourceset` shows what is stamped out",
			})
		}
	}
	return out
}
