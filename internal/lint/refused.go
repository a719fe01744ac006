package lint

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/schema"
)

// refuse holds the documents of our own kinds against what the API server takes. One
// that it would not take is read as far as it can be, so that the rest of it is checked.
func (s *Setup) refuse() {
	patches := s.patches()
	for _, document := range s.Documents {
		if !isOurs(document) || slices.Contains(patches, document.File) {
			continue
		}
		for _, fault := range s.faults(document.Object) {
			s.refused[document] = true
			s.Broken = append(s.Broken, schema.Locate(document, fault))
		}
	}
}

// faults are what the API server would not take of an object.
func (s *Setup) faults(object *unstructured.Unstructured) []schema.Fault {
	s.checking.Lock()
	defer s.checking.Unlock()
	return s.kinds.Check(object)
}

// isOurs reports whether a document is of Eddy's kinds, or is meant to be.
func isOurs(document *manifest.Document) bool {
	kind := document.Object.GetKind()
	return document.Object.GroupVersionKind().Group == v1.Group || kind == v1.ResourceSetKind || kind == v1.ResourceSetInputProviderKind
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

// refusedParts finds what is stamped out, and what Flux deploys, that the API server
// would not take. The first request shows it.
func refusedParts(s *Service) []Finding {
	var out []Finding
	for part := range stamped(s) {
		unpruned := noPrune(part) != nil
		for _, fault := range s.setup.faults(part.Stamped.Unstructured) {
			if unpruned && fault.String() == "spec.prune: Required value" {
				continue // no-prune says what comes of it
			}
			out = append(out, Finding{
				Position: schema.LocateStamped(s.Document, part.Stamped.Field, part.Stamped.Unstructured, fault),
				Message:  schema.Refused(part.Stamped.Unstructured, fault) + s.shownBy(part.Stamped.Input),
				Fix:      "correct the field; `eddy build resourceset` shows what is stamped out",
				weak:     true,
			})
		}
	}
	return append(out, s.refusedDeployed()...)
}

// refusedDeployed finds what overlays come to that the API server would not take.
func (s *Service) refusedDeployed() []Finding {
	var out []Finding
	for object := range deployed(s) {
		if object.sources == nil {
			continue // it is stamped out
		}
		verbatim := object.isVerbatim()
		unquoted := slices.ContainsFunc(object.values(), func(v value) bool { return neverText(v) != nil })
		for _, fault := range s.setup.faults(object.decrypted()) {
			if unquoted && fault.WantsText() {
				continue // lost-quotes says why it is none
			}
			if verbatim && strings.Contains(fault.String(), "${") {
				continue // disabled-substitution says why it is left
			}
			out = append(out, Finding{
				Position: object.where(fault.Path...),
				Message:  schema.Refused(object.Unstructured, fault) + s.shownBy(object.part.Stamped.Input),
				Fix:      "correct the overlay; `eddy build preview` shows what it comes to",
				weak:     true,
			})
		}
	}
	return out
}

// shownBy names the input with which a fault shows, where that is none that was made
// up: nobody has seen those.
func (s *Service) shownBy(key string) string {
	if key == "" || s.hasPreviews() {
		return ""
	}
	return " (for the input " + key + ")"
}

// decrypted is the object as Flux applies it: without what SOPS notes in it, where the
// Kustomization says how to decrypt.
func (o object) decrypted() *unstructured.Unstructured {
	if o.part.Kustomization == nil || o.part.Kustomization.Spec.Decryption == nil || at(o.Object, "sops") == nil {
		return o.Unstructured
	}
	out := o.DeepCopy()
	delete(out.Object, "sops")
	return out
}
