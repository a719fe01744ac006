package lint

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// Unseen is the rule of what could not be looked at. It is none of Rules, as nobody made
// a mistake: it says how far the others go. That charts are not rendered, whatever they
// are, is for the documentation to say and not for each HelmRelease.
func Unseen() Rule {
	return Rule{ID: "unchecked", Severity: Warning, Finds: "what could not be looked at, and why", check: all(unknownSets, templatesOfOthers, inServices(unseen))}
}

// Findings are those of all rules, and what could not be looked at.
func (s *Setup) Findings() []Finding {
	out := append(s.Check(), s.apply(Unseen())...)
	slices.SortStableFunc(out, byPlace)
	return out
}

// unknownSets says that there is nothing to follow.
func unknownSets(s *Setup) []Finding {
	if len(s.Services) > 0 || len(s.Broken) > 0 {
		return nil
	}
	return []Finding{{
		Position: manifest.Position{File: cmp.Or(strings.Join(s.options.Paths, ", "), ".")},
		Message:  "there is no ResourceSet among the files",
		Fix:      "give the files or folders that have one",
	}}
}

// templatesOfOthers are files that another tool makes manifests of, outside of charts.
func templatesOfOthers(s *Setup) []Finding {
	var out []Finding
	for _, name := range s.templated {
		out = append(out, Finding{
			Position: manifest.Position{File: name, Line: 1, Column: 1},
			Message:  "the file is a template of another tool, and no YAML before that has run: nothing in it was looked at",
			Fix:      "give what the tool makes of it",
		})
	}
	return out
}

// unseen says what of a service could not be looked at.
func unseen(s *Service) []Finding {
	if s.Err != nil {
		return nil // which is told
	}
	return slices.Concat(s.unseenProviders(), s.unseenSources(), s.unseenValues())
}

// unseenProviders are those that were not given, where none was: which requests they let
// in nobody knows. Where some were, one that is not there is a mistake.
func (s *Service) unseenProviders() []Finding {
	if len(s.setup.providers) > 0 {
		return nil
	}
	var out []Finding
	for _, missing := range s.missing() {
		if !missing.IsNamed() {
			continue
		}
		out = append(out, Finding{
			Position: s.Position(s.At("spec", "inputsFrom", missing.Index, "name")),
			Message:  fmt.Sprintf("the provider %q is not among the files: what it lets in, and when, was not looked at, and all keys that a request may have are taken to be there", missing.Name),
			Fix:      "give its file too",
		})
	}
	return out
}

// unseenSources are what Kustomizations deploy from elsewhere.
func (s *Service) unseenSources() []Finding {
	var out []Finding
	told := map[string]bool{}
	for part := range stamped(s) {
		if part.Kustomization == nil {
			continue
		}
		if why := s.beyond(part.Kustomization); why != "" && !told[why] {
			told[why] = true
			out = append(out, Finding{
				Position: part.where("spec", "path"),
				Message:  fmt.Sprintf("what Flux deploys for %s is not checked: %s", s, why),
				Fix:      "give that folder with --path; or check what is deployed in the preview itself",
			})
		}
	}
	return out
}

// unseenValues are ConfigMaps and Secrets that variables come from, and that are not
// among the files.
func (s *Service) unseenValues() []Finding {
	var out []Finding
	for part := range stamped(s) {
		if part.Kustomization == nil || part.Kustomization.Spec.PostBuild == nil {
			continue
		}
		for n, from := range part.Kustomization.Spec.PostBuild.SubstituteFrom {
			if s.isKnown(from.Kind, from.Name, part.Stamped.GetNamespace()) {
				continue
			}
			out = append(out, Finding{
				Position: part.where("spec", "postBuild", "substituteFrom", n),
				Message:  fmt.Sprintf("the %s %q is not among the files: which variables it has, and what they are, was not looked at", from.Kind, from.Name),
				Fix:      "give its file too, or one like it",
			})
		}
	}
	return out
}

// isKnown reports whether an object is among the files, or stamped out.
func (s *Service) isKnown(kind, name, namespace string) bool {
	for part := range stamped(s) {
		if part.Stamped.GetKind() == kind && part.Stamped.GetName() == name {
			return true
		}
	}
	return slices.ContainsFunc(s.setup.Documents, func(d *manifest.Document) bool {
		return d.Object.GetKind() == kind && d.Object.GetName() == name && (d.Object.GetNamespace() == namespace || d.Object.GetNamespace() == "") && d.At("sops") == nil
	})
}

// ofCI are the names of files of CI.
var ofCI = regexp.MustCompile(`(?i)(^|/)\.(github|gitea|forgejo|gitlab|circleci)/|[-_.]?ci\.ya?ml$|pipelines?[^/]*\.ya?ml$|buildspec[^/]*\.ya?ml$|(^|/)preview\.ya?ml$`)

// Uncompared are the rules that had nothing to compare with, as no file of CI was given:
// a word on it is no finding, as those are in another repository, as a rule.
func (s *Setup) Uncompared() []string {
	if slices.ContainsFunc(s.Scripts, func(script *manifest.Document) bool { return ofCI.MatchString(filepath.ToSlash(script.File)) }) {
		return nil
	}
	for watcher := range watchers(s) {
		if len(watcher.gates()) > 0 {
			return []string{"dead-label", "stale-label"}
		}
	}
	return nil
}
