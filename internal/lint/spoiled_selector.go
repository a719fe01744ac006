package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// spoiledSelector finds a selector of pods that are not the preview's own, an ingress
// controller's, a shared database's, and that has got the preview's label all the same:
// includeSelectors and commonLabels add it wherever kustomize knows a selector. It then
// matches nothing, and what it let in is shut out.
func spoiledSelector(s foreign, own visiblePods) *Finding {
	if len(own) == 0 && !s.isElsewhere() {
		return nil // who makes the pods may have given them the label
	}
	if _, matches := s.match(own); matches && !s.isElsewhere() {
		return nil
	}
	position := s.object.where(s.path...)
	return &Finding{
		Position: position,
		Message: fmt.Sprintf("%s of %s %q has got the label %s, which %s: nothing matches it",
			manifest.Dotted(s.path), s.object.GetKind(), s.object.GetName(), s.label, s.lacks()),
		Fix: s.object.repair(position, fmt.Sprintf("write it as an expression, which kustomize leaves alone: %s: %s", s.path[len(s.path)-1], s.unspoiled())),
	}
}

// foreign is a selector of pods of others, and the label of the preview in it.
type foreign struct {
	selector
	label string
}

// lacks says who has not got the label.
func (f foreign) lacks() string {
	if f.isElsewhere() {
		return "no pod in that namespace has"
	}
	return "no pod that it is for has"
}

// isElsewhere reports whether the selector is of pods in a namespace that is not the
// preview's, by its name.
func (f foreign) isElsewhere() bool {
	beside := append(slices.Clone(f.path[:len(f.path)-1]), "namespaceSelector", "matchLabels", "kubernetes.io/metadata.name")
	name := textAt(f.object.Object, beside...)
	return name != "" && name != f.object.namespace()
}

// foreigns lists the selectors beside the object's own that have a label which differs
// from preview to preview.
func (p pair) foreigns() []foreign {
	var out []foreign
	for _, path := range p.a.peers() {
		selected, _ := at(p.a.Object, append(path[:len(path):len(path)], "matchLabels")...).(map[string]any)
		for _, key := range sortedKeys(selected) {
			other := at(p.b.Object, append(path[:len(path):len(path)], "matchLabels", key)...)
			if other == selected[key] {
				continue
			}
			if parsed := labelSelector(at(p.a.Object, path...)); parsed != nil {
				out = append(out, foreign{selector{p.a, path, parsed}, key})
			}
			break
		}
	}
	return out
}

// peers are the paths of selectors of other pods: whom a NetworkPolicy lets in and out,
// and beside what pods have to run.
func (o object) peers() [][]any {
	seen := map[string]bool{}
	var out [][]any
	for _, leaf := range leaves(o.Object) {
		where := general(leaf.path)
		n := 0
		switch {
		case o.GetKind() == "NetworkPolicy" && strings.Contains(where, "[].podSelector."):
			n = podSelectorIn(leaf.path)
		case strings.Contains(where, ".affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[].labelSelector."):
			n = slices.Index(leaf.path, any("labelSelector")) + 1
		}
		if key := manifest.Dotted(leaf.path[:n]); n > 0 && !seen[key] {
			seen[key] = true
			out = append(out, leaf.path[:n])
		}
	}
	return out
}

// unspoiled is the selector without the label, as kustomize leaves it alone: it knows
// matchLabels, and no expressions.
func (f foreign) unspoiled() string {
	selected, _ := at(f.object.Object, append(f.path[:len(f.path):len(f.path)], "matchLabels")...).(map[string]any)
	var out []string
	for _, key := range sortedKeys(selected) {
		if key != f.label {
			out = append(out, fmt.Sprintf("{key: %s, operator: In, values: [%v]}", key, selected[key]))
		}
	}
	return "{matchExpressions: [" + strings.Join(out, ", ") + "]}"
}

// ownFields are the fields of kustomize's labels for the selectors of own pods, Services
// without one aside.
const ownFields = "fields: [{kind: Service, path: spec/selector}, {kind: Deployment, path: spec/selector/matchLabels}, {kind: NetworkPolicy, path: spec/podSelector/matchLabels}, …]"

// endpointless finds a Service that had no selector, as somebody writes its endpoints,
// and that has got the preview's label as one: Kubernetes then takes the endpoints for
// its own, and sends what is meant for elsewhere to the pods of the preview.
func endpointless(p pair) *Finding {
	selected, _ := at(p.a.Object, "spec", "selector").(map[string]any)
	if p.a.GroupVersionKind().Group != "" || p.a.GetKind() != "Service" || p.a.sources == nil || len(selected) == 0 || textAt(p.a.Object, "spec", "type") == "ExternalName" {
		return nil
	}
	documents := p.a.sources.madeOf(p.a.Unstructured)
	for _, document := range documents {
		if document.At("spec", "selector") != nil {
			return nil
		}
	}
	for key, value := range selected {
		if value == at(p.b.Object, "spec", "selector", key) {
			return nil
		}
	}
	if len(documents) == 0 {
		return nil
	}
	return &Finding{
		Position: p.a.where("spec"),
		Message:  fmt.Sprintf("the Service %q had no selector, and has got the label of the preview as one: Kubernetes puts the preview's own pods in the place of its endpoints", p.a.GetName()),
		Fix:      "in the overlay, write includeTemplates: true in the place of includeSelectors, and name the selectors that are to have the label: " + ownFields,
	}
}
