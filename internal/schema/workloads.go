package schema

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
)

// kind finds what is wrong with some kinds in more than one field.
func (a *asked) kind(object *unstructured.Unstructured) {
	spec, _ := a.tree["spec"].(map[string]any)
	switch object.GetKind() {
	case "ConfigMap", "Secret":
		for _, field := range []string{"data", "binaryData", "stringData"} {
			in, _ := a.tree[field].(map[string]any)
			for _, key := range sortedKeys(in) {
				if wrong := validation.IsConfigMapKey(key); len(wrong) > 0 {
					a.say(fmt.Sprintf("Invalid value: %q: %s", key, strings.Join(wrong, "; ")), field, key)
				}
			}
		}
	case "Service":
		a.service(spec)
	case "Ingress":
		if spec != nil && isEmpty(spec["rules"]) && isEmpty(spec["defaultBackend"]) {
			a.say("Invalid value: either `defaultBackend` or `rules` must be specified", "spec")
		}
		a.ingressPaths()
	case "PodDisruptionBudget":
		if spec["minAvailable"] != nil && spec["maxUnavailable"] != nil {
			a.say("Invalid value: minAvailable and maxUnavailable cannot be both set", "spec")
		}
	}
}

func (a *asked) service(spec map[string]any) {
	ports, _ := spec["ports"].([]any)
	switch kind := spec["type"]; {
	case spec == nil:
	case kind == "ExternalName" && isEmpty(spec["externalName"]):
		a.say("Required value", "spec", "externalName")
	case kind != "ExternalName" && spec["clusterIP"] != "None" && len(ports) == 0:
		a.say("Required value", "spec", "ports")
	}
	for i, port := range ports {
		in, _ := port.(map[string]any)
		if len(ports) > 1 && isEmpty(in["name"]) {
			a.say("Required value", "spec", "ports", i, "name")
		}
	}
}

func (a *asked) ingressPaths() {
	each(a.tree, strings.Split("spec.rules.*.http.paths.*", "."), nil, func(item any, at []any) {
		in, _ := item.(map[string]any)
		path, _ := in["path"].(string)
		if path != "" && !strings.HasPrefix(path, "/") {
			a.say(fmt.Sprintf("Invalid value: %q: must be an absolute path", path), extend(at, "path")...)
		}
	})
}

// selector finds a selector that does not match the pods of its workload.
func (a *asked) selector(object *unstructured.Unstructured) {
	raw, there := valueAt(object.Object, []any{"spec", "selector"}).(map[string]any)
	if !there || object.GroupVersionKind().Group != "apps" {
		return
	}
	written := &metav1.LabelSelector{}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(raw, written) != nil {
		return // it is of another type, which is told
	}
	selector, err := metav1.LabelSelectorAsSelector(written)
	given, _, wrong := unstructured.NestedStringMap(a.tree, "metadata", "labels")
	if err == nil && wrong == nil && !selector.Empty() && !selector.Matches(labels.Set(given)) {
		a.say(fmt.Sprintf("Invalid value: %q: `selector` does not match template `labels`", labels.Set(given).String()), "metadata", "labels")
	}
}

// containers finds what is wrong with the containers of pods.
func (a *asked) containers(object *unstructured.Unstructured) {
	volumes := a.volumes(object)
	seen := map[string]bool{}
	for _, field := range []string{"initContainers", "containers"} {
		each(a.tree, []string{"spec", field, "*"}, nil, func(item any, at []any) {
			in, _ := item.(map[string]any)
			one := asked{tree: in, path: append(slices.Clone(a.path), at...)}
			one.require(requiredOfContainers)
			one.choose(choicesOfContainers)
			one.named(seen)
			one.mounts(volumes)
			one.resources()
			a.faults = append(a.faults, one.faults...)
		})
	}
}

// volumes are the names of those that pods have.
func (a *asked) volumes(object *unstructured.Unstructured) []string {
	var out []string
	add := func(value any, _ []any) { out = append(out, fmt.Sprint(value)) }
	each(a.tree, []string{"spec", "volumes", "*", "name"}, nil, add)
	each(object.Object, []string{"spec", "volumeClaimTemplates", "*", "metadata", "name"}, nil, add)
	return out
}

func (a *asked) named(seen map[string]bool) {
	name, _ := a.tree["name"].(string)
	switch wrong := validation.IsDNS1123Label(name); {
	case name == "":
	case len(wrong) > 0:
		a.say(fmt.Sprintf("Invalid value: %q: %s", name, strings.Join(wrong, "; ")), "name")
	case seen[name]:
		a.say(fmt.Sprintf("Duplicate value: %q", name), "name")
	}
	seen[name] = true
}

func (a *asked) mounts(volumes []string) {
	each(a.tree, []string{"volumeMounts", "*", "name"}, nil, func(value any, at []any) {
		if name, ok := value.(string); ok && !slices.Contains(volumes, name) {
			a.say(fmt.Sprintf("Not found: %q", name), at...)
		}
	})
}

// resources finds a container that asks for more than it may have.
func (a *asked) resources() {
	limits, _ := valueAt(a.tree, []any{"resources", "limits"}).(map[string]any)
	requests, _ := valueAt(a.tree, []any{"resources", "requests"}).(map[string]any)
	for _, name := range sortedKeys(requests) {
		most, limited := quantity(limits[name])
		least, asks := quantity(requests[name])
		if limited && asks && least.Cmp(most) > 0 {
			a.say(fmt.Sprintf("Invalid value: %q: must be less than or equal to %s limit of %s", least.String(), name, most.String()), "resources", "requests", name)
		}
	}
}

func quantity(value any) (resource.Quantity, bool) {
	if value == nil {
		return resource.Quantity{}, false
	}
	out, err := resource.ParseQuantity(fmt.Sprint(value))
	return out, err == nil // what is none is told with the types
}
