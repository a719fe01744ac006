package lint

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// removes is how a CI step takes a label away: over HTTP, or by a forge's tool.
var removes = regexp.MustCompile(`(?i)\bDELETE\b|remove[-_]?labels?|unlabel|labels?[-_ ]remove`)

// staleLabel finds gates that the label of the push before holds open: the watcher
// sees the new commit at once, and starts pods whose image is still being built.
// The tag is that of the push before, so they run the old image under the new
// commit's name.
//
// Where CI is among the files, it is to take the label away before it builds.
// Where it is not, a provider that freezes is taken as a sign that it does.
func staleLabel(g gate) *Finding {
	script, node := g.provider.sets(g.label)
	finding := &Finding{
		Message: fmt.Sprintf("the label %q is still there after a push, so the new commit is deployed before its image is built, and runs the old one", g.label),
		Fix:     "let CI remove the label before it builds, and set spec.skip.whenMissing: Freeze in the provider, so that the preview stays as it is meanwhile; or wait for the image of the commit itself, with spec.gate.images",
	}
	freezes := g.provider.Object.Spec.Skip != nil && g.provider.Object.Spec.Skip.WhenMissing == v1.WhenMissingFreeze
	switch {
	case script != nil && (removesFirst(script, g.label) || removesInTime(script, g.label)), script == nil && freezes:
		return nil
	case script != nil:
		finding.Position = script.Position(node)
	default:
		finding.Position = g.provider.label(g.label)
	}
	return finding
}

// gate is a label that a provider requires.
type gate struct {
	provider Provider
	label    string
}

// gates lists those of the provider.
func (p Provider) gates() []gate {
	var out []gate
	for _, label := range p.required() {
		out = append(out, gate{p, label})
	}
	return out
}

// reused are the watchers of a service whose image's tag stays while the image
// behind it moves, and whose label is all that they wait for.
func reused(s *Service) iter.Seq[Provider] {
	return func(yield func(Provider) bool) {
		if !s.movesTag() {
			return
		}
		for _, provider := range s.Providers {
			if isRequest(provider.Object) && !provider.proves() && !yield(provider) {
				return
			}
		}
	}
}

// sets returns the CI file, and the line of it, that names a label.
func (p Provider) sets(label string) (script *manifest.Document, node *yamlv3.Node) {
	for _, candidate := range p.naming(label) {
		scalars(candidate.Root, nil, func(_ []string, scalar *yamlv3.Node) {
			if strings.Contains(scalar.Value, label) {
				script, node = candidate, scalar
			}
		})
		if script != nil {
			return script, node
		}
	}
	return nil, nil
}

// removesFirst reports whether a step that takes the label away stands before the
// one that sets it.
func removesFirst(script *manifest.Document, label string) bool {
	names := namesOfLabel(script, label)
	removed := false
	for _, step := range steps(script.Root) {
		named := slices.ContainsFunc(names, func(name string) bool { return strings.Contains(step, name) })
		switch {
		case !named:
		case removes.MatchString(step):
			removed = true
		case strings.Contains(strings.ToLower(step), "label"):
			return removed
		}
	}
	return removed
}

// removesInTime reports whether the label is taken away before each step that sets it, in
// whatever order the jobs of the file are written down.
func removesInTime(script *manifest.Document, label string) bool {
	all, names := pipelineOf(script), namesOfLabel(script, label)
	set := all.places(func(s ciStep) bool { return s.sets(names) })
	removed := all.places(func(s ciStep) bool {
		return removes.MatchString(s.text) && slices.ContainsFunc(names, func(name string) bool { return strings.Contains(s.text, name) })
	})
	return len(set) > 0 && !slices.ContainsFunc(set, func(at place) bool {
		return !slices.ContainsFunc(removed, func(before place) bool { return all.isBefore(before, at) })
	})
}

// namesOfLabel is how a script may write a label: as it is, in a URL, or as a
// variable that holds it.
func namesOfLabel(script *manifest.Document, label string) []string {
	out := []string{label, strings.ReplaceAll(label, "/", "%2F")}
	scalars(script.Root, nil, func(path []string, scalar *yamlv3.Node) {
		if name := path[len(path)-1]; scalar.Value == label && strings.ToUpper(name) == name {
			out = append(out, "$"+name, "${"+name+"}", "$("+name+")", "env."+name)
		}
	})
	return out
}

// steps are the texts of what a script does, in their order: the items of its
// lists, as far as those hold no lists of steps themselves.
func steps(node *yamlv3.Node) []string {
	var out []string
	for _, child := range node.Content {
		switch {
		case node.Kind == yamlv3.SequenceNode && !holdsSteps(child):
			words := []string{child.Value}
			scalars(child, nil, func(_ []string, scalar *yamlv3.Node) { words = append(words, scalar.Value) })
			out = append(out, strings.Join(words, "\n"))
		default:
			out = append(out, steps(child)...)
		}
	}
	return out
}

// holdsSteps reports whether the steps of a job stand below a mapping.
func holdsSteps(node *yamlv3.Node) bool {
	if node.Kind != yamlv3.MappingNode {
		return false
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		list := value.Kind == yamlv3.SequenceNode && slices.Contains([]string{"stages", "jobs", "steps", "script"}, key)
		if list || holdsSteps(value) {
			return true
		}
	}
	return false
}

// label is the line of a required label.
func (p Provider) label(name string) manifest.Position {
	for _, field := range []string{"skip", "filter"} {
		labels := items(p.At("spec", field, "labels"))
		if i := slices.IndexFunc(labels, func(item *yamlv3.Node) bool { return strings.TrimPrefix(item.Value, "!") == name }); i >= 0 {
			return p.Position(labels[i])
		}
	}
	return p.Position(p.Root)
}

// movesTag reports whether a push changes what is behind an image's tag rather
// than the tag. Where the overlay is not known, it may.
func (s *Service) movesTag() bool {
	if s.isPartial() {
		return true
	}
	for p := range stampedPushes(s) {
		if flux.IsHelmRelease(p.a.Unstructured) && !p.changesTag() {
			return true
		}
	}
	for c := range within(pushes, pair.containers)(s) {
		if c.keepsTag() {
			return true
		}
	}
	return false
}

// changesTag reports whether a push changes what the values of a chart call an
// image or its tag.
func (p pair) changesTag() bool {
	return slices.ContainsFunc(leaves(p.a.Object), func(leaf leaf) bool {
		key := strings.ToLower(fmt.Sprint(leaf.path[len(leaf.path)-1]))
		names := strings.HasSuffix(key, "tag") || strings.HasSuffix(key, "image") || strings.HasSuffix(key, "digest")
		return names && leaf.value != at(p.b.Object, leaf.path...)
	})
}
