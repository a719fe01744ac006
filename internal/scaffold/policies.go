package scaffold

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
)

// policies are the NetworkPolicies of a base, and the labels of its pods.
type policies struct {
	objects []*unstructured.Unstructured
	pods    []labels.Set
}

// add takes in a policy, or what has pods.
func (p *policies) add(object *unstructured.Unstructured) {
	if object.GetKind() == "NetworkPolicy" {
		p.objects = append(p.objects, object)
	}
	for _, path := range [][]string{{"spec", "template", "metadata", "labels"}, {"spec", "jobTemplate", "spec", "template", "metadata", "labels"}} {
		if carried, found, err := unstructured.NestedStringMap(object.Object, path...); err == nil && found {
			p.pods = append(p.pods, carried)
		}
	}
}

// sparing are patches for the selectors of pods that are not the service's: the label of
// a preview goes wherever kustomize knows a selector, and would shut out an ingress
// controller. It leaves expressions alone.
func (p policies) sparing() string {
	out := ""
	for _, object := range p.objects {
		var operations []string
		for _, way := range []struct{ rules, peers string }{{"ingress", "from"}, {"egress", "to"}} {
			rules, _, _ := unstructured.NestedSlice(object.Object, "spec", way.rules) // the API server says what is none
			for i, rule := range rules {
				fields, _ := rule.(map[string]any)
				peers, _, _ := unstructured.NestedSlice(fields, way.peers)
				for k, peer := range peers {
					if value := p.expressions(peer); value != "" {
						operations = append(operations, fmt.Sprintf("      - op: replace\n        path: /spec/%s/%d/%s/%d/podSelector\n        value: %s\n", way.rules, i, way.peers, k, value))
					}
				}
			}
		}
		if len(operations) > 0 {
			out += fmt.Sprintf("  - target: { kind: NetworkPolicy, name: %s }\n    patch: |\n%s", object.GetName(), strings.Join(operations, ""))
		}
	}
	if out == "" {
		return ""
	}
	return "  # The label above goes into every selector that kustomize knows, those of other pods\n" +
		"  # too, whom a policy lets in. It leaves expressions alone.\n" + out
}

// expressions writes the selector of a peer without matchLabels; "" where it has none, or
// where it is of pods of the service, which have the label.
func (p policies) expressions(peer any) string {
	fields, _ := peer.(map[string]any)
	selected, found, err := unstructured.NestedStringMap(fields, "podSelector", "matchLabels")
	own := slices.ContainsFunc(p.pods, func(pod labels.Set) bool { return labels.SelectorFromSet(selected).Matches(pod) })
	_, elsewhere, _ := unstructured.NestedMap(fields, "namespaceSelector")
	if err != nil || !found || own && !elsewhere {
		return ""
	}
	all, _, _ := unstructured.NestedSlice(fields, "podSelector", "matchExpressions")
	for _, key := range slices.Sorted(maps.Keys(selected)) {
		all = append(all, map[string]any{"key": key, "operator": "In", "values": []any{selected[key]}})
	}
	text, _ := json.Marshal(map[string]any{"matchExpressions": all}) // it came of JSON
	return string(text)
}
