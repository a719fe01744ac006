package lint

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// sharedSelector finds selectors of one preview that match pods of another in
// the same namespace: a Service sends its traffic there, a NetworkPolicy or a
// PodDisruptionBudget counts them in.
func sharedSelector(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		others := service.deployed(service.Samples.Second)
		for _, pair := range service.pairs(service.Samples.First, service.Samples.Second) {
			if service.isOneForAll(pair.a) {
				continue
			}
			for _, selector := range selectors(pair.a) {
				if other, shared := selector.matches(others); shared && pair.a.namespace() == other.namespace() {
					out = append(out, service.sharedSelector(selector))
				}
			}
		}
	}
	return out
}

func (s *Service) sharedSelector(selector selector) Finding {
	object := selector.object
	does := "acts upon the pods of other previews"
	if object.GetKind() == "Service" {
		does = "sends traffic to the pods of other previews"
	}
	finding := Finding{
		Position: object.where(selector.path...),
		Message:  fmt.Sprintf("%s of %s %q matches the pods of every preview: it %s", dotted(selector.path), object.GetKind(), object.GetName(), does),
		Fix:      `add a label with the number to selectors and pods: labels: [{pairs: {pr-env: "pr-${PR_NUMBER}"}, includeSelectors: true}] in the overlay`,
	}
	if object.layer != nil && object.layer.overlay != nil {
		finding.Edits = includeSelectors(object.layer.overlay)
	}
	return finding
}

// includeSelectors lets a label that the overlay sets reach selectors too.
func includeSelectors(overlay *manifest.Document) []Edit {
	for _, item := range items(overlay.At("labels")) {
		pairs, values := manifest.Pair(item, "pairs")
		if values == nil || item.Style != 0 || !hasVariable(values.Content) {
			continue
		}
		if _, written := manifest.Pair(item, "includeSelectors"); written != nil {
			return replace(overlay, written, "true")
		}
		return insertBefore(overlay, pairs, "includeSelectors: true")
	}
	return nil
}

// selector is what an object selects pods with.
type selector struct {
	object deployed
	path   []any
	labels labels.Selector
}

// matches returns the first object whose pods the selector matches.
func (s selector) matches(objects []deployed) (deployed, bool) {
	for _, object := range objects {
		template, _, ok := pods(object.Unstructured)
		if !ok {
			continue
		}
		set := labels.Set{}
		carried, _ := at(template, "metadata", "labels").(map[string]any)
		for key, value := range carried {
			set[key] = fmt.Sprint(value)
		}
		if s.labels.Matches(set) {
			return object, true
		}
	}
	return deployed{}, false
}

// selectors lists those of an object that are not empty.
func selectors(object deployed) []selector {
	var paths [][]any
	switch kind := object.GetKind(); kind {
	case "Service", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "PodDisruptionBudget":
		paths = [][]any{{"spec", "selector"}}
	case "NetworkPolicy":
		paths = [][]any{{"spec", "podSelector"}}
		for _, leaf := range leaves(object.Object) {
			if n := podSelectorIn(leaf.path); n > 2 {
				paths = append(paths, leaf.path[:n])
			}
		}
	}
	var out []selector
	for _, path := range paths {
		if parsed := parseSelector(object, at(object.Object, path...)); parsed != nil && !parsed.Empty() {
			out = append(out, selector{object, path, parsed})
		}
	}
	return out
}

// podSelectorIn returns the length of the path to the pod selector above a
// value, 0 when there is none.
func podSelectorIn(path []any) int {
	for n, step := range path {
		if step == "podSelector" {
			return n + 1
		}
	}
	return 0
}

// parseSelector reads a Service's map or a selector of labels; nil when it is
// neither.
func parseSelector(object deployed, value any) labels.Selector {
	fields, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	if object.GetKind() == "Service" {
		set := labels.Set{}
		for key, value := range fields {
			set[key] = fmt.Sprint(value)
		}
		return labels.SelectorFromSet(set)
	}
	var typed metav1.LabelSelector
	if runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &typed) != nil {
		return nil
	}
	parsed, err := metav1.LabelSelectorAsSelector(&typed)
	if err != nil {
		return nil
	}
	return parsed
}
