package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// sharedSelector finds a selector of one preview that matches pods of another in
// the same namespace: a Service sends its traffic there, a NetworkPolicy or a
// PodDisruptionBudget counts them in. A monitor of Services asks each as often as there
// are previews, which breaks nothing.
func sharedSelector(s selector, others neighbour) *Finding {
	object := s.object
	other, matches := s.match(others)
	if !matches || object.namespace() != other.namespace() || object.isOneForAll() {
		return nil
	}
	does := "acts upon the pods of other previews"
	switch object.GetKind() {
	case "Service":
		does = "sends traffic to the pods of other previews"
	case "ServiceMonitor", "PodMonitor":
		does = "asks those of other previews too, as often as there are previews"
	}
	finding := &Finding{
		Position: object.where(s.path...),
		Message:  fmt.Sprintf("%s of %s %q matches the %s of every preview: it %s", manifest.Dotted(s.path), object.GetKind(), object.GetName(), s.what(), does),
		Fix:      `add a label with the number to selectors and pods: labels: [{pairs: {pr-env: "pr-${PR_NUMBER}"}, includeSelectors: true}] in the overlay`,
	}
	switch {
	case isOfOthers(object.GetKind()):
		finding.Severity = severityOf(object.GetKind())
		finding.Fix = fmt.Sprintf(`let the label with the number reach the selector, which kustomize does not know: labels: [{pairs: {pr-env: "pr-${PR_NUMBER}"}, includeSelectors: true, fields: [{kind: %s, path: %s, create: true}]}] in the overlay`,
			object.GetKind(), strings.Join(append(textsOf(s.path), "matchLabels"), "/"))
	case object.sources == nil || object.sources.overlay == nil:
	case object.part.service.wouldSpoil():
		finding.Fix = `add a label with the number to pods and their own selectors, and to no other ones, which includeSelectors would spoil: labels: [{pairs: {pr-env: "pr-${PR_NUMBER}"}, includeTemplates: true, ` + ownFields + `}] in the overlay`
	default:
		finding.Edits = includeSelectors(object.sources.overlay)
	}
	return finding
}

// wouldSpoil reports whether a label that goes into every selector would go into one of
// pods that are not the preview's own, or into a Service that has none.
func (s *Service) wouldSpoil() bool {
	own := slices.Collect(deployed(s))
	return slices.ContainsFunc(own, func(o object) bool {
		if o.GetKind() == "Service" && len(o.selectors()) == 0 && textAt(o.Object, "spec", "type") != "ExternalName" {
			return true
		}
		return slices.ContainsFunc(o.peers(), func(path []any) bool {
			fields, _ := at(o.Object, extend(path, "matchLabels")...).(map[string]any)
			parsed := labelSelector(at(o.Object, path...))
			if len(fields) == 0 || parsed == nil {
				return false
			}
			_, matches := selector{o, path, parsed}.match(own)
			return !matches
		})
	})
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

// selector is what an object selects pods with, or Services.
type selector struct {
	object object
	path   []any
	labels labels.Selector
}

// what the selector is of.
func (s selector) what() string {
	if s.object.GetKind() == "ServiceMonitor" {
		return "Services"
	}
	return "pods"
}

// neighbour are the objects of another preview.
type neighbour []object

func (s *Service) neighbour() neighbour { return s.deployed(s.Samples.Second) }

// match returns the first object whose pods the selector matches.
func (s selector) match(objects []object) (object, bool) {
	for _, object := range objects {
		carries, _, ok := object.pods()
		if s.what() == "Services" {
			carries, ok = object.Object, object.GetKind() == "Service"
		}
		if !ok {
			continue
		}
		carried, _ := at(carries, "metadata", "labels").(map[string]any)
		if s.labels.Matches(asLabels(carried)) {
			return object, true
		}
	}
	return object{}, false
}

// asLabels writes values as the API server would take them.
func asLabels(fields map[string]any) labels.Set {
	out := labels.Set{}
	for key, value := range fields {
		out[key] = fmt.Sprint(value)
	}
	return out
}

// selectors lists those of the object that are not empty.
func (o object) selectors() []selector {
	var paths [][]any
	switch o.GetKind() {
	case "Service", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "PodDisruptionBudget":
		paths = [][]any{{"spec", "selector"}}
	case "NetworkPolicy":
		paths = [][]any{{"spec", "podSelector"}}
		if !strings.HasSuffix(o.GroupVersionKind().Group, "k8s.io") {
			return nil // Calico's, whose selectors are expressions of its own
		}
		for _, leaf := range leaves(o.Object) {
			if n := podSelectorIn(leaf.path); n > 2 {
				paths = append(paths, leaf.path[:n])
			}
		}
	}
	if path := selectorsOfOthers[o.GetKind()]; path != nil && at(o.Object, "spec", "namespaceSelector") == nil {
		paths = append(paths, path)
	}
	var out []selector
	for _, path := range paths {
		if parsed := parseSelector(o, at(o.Object, path...)); parsed != nil && !parsed.Empty() {
			out = append(out, selector{o, path, parsed})
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
func parseSelector(o object, value any) labels.Selector {
	fields, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	if o.GetKind() == "Service" {
		return labels.SelectorFromSet(asLabels(fields))
	}
	return labelSelector(value)
}

// selectorsOfOthers are those of own pods, or Services, in kinds that are none of
// Kubernetes' own: kustomize adds no label to them.
var selectorsOfOthers = map[string][]any{
	"ServiceMonitor": {"spec", "selector"}, "PodMonitor": {"spec", "selector"},
	"CiliumNetworkPolicy": {"spec", "endpointSelector"},
	"AuthorizationPolicy": {"spec", "selector"}, "PeerAuthentication": {"spec", "selector"}, "RequestAuthentication": {"spec", "selector"},
	"Telemetry": {"spec", "selector"}, "WasmPlugin": {"spec", "selector"},
	"Server": {"spec", "podSelector"},
}

func isOfOthers(kind string) bool { return selectorsOfOthers[kind] != nil }

func severityOf(kind string) Severity {
	if kind == "ServiceMonitor" || kind == "PodMonitor" {
		return Warning
	}
	return Error
}

func textsOf(path []any) []string {
	var out []string
	for _, step := range path {
		out = append(out, fmt.Sprint(step))
	}
	return out
}

// labelSelector reads a selector of labels, nil when it is none. Cilium's may say where
// a label comes from.
func labelSelector(value any) labels.Selector {
	fields, _ := value.(map[string]any)
	if matched, _ := fields["matchLabels"].(map[string]any); len(matched) > 0 {
		fields = maps.Clone(fields)
		bare := map[string]any{}
		for key, value := range matched {
			bare[strings.TrimPrefix(strings.TrimPrefix(key, "k8s:"), "any:")] = value
		}
		fields["matchLabels"] = bare
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
