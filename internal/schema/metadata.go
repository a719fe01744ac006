package schema

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"
)

// ofMetadata finds names, labels and hosts that Kubernetes does not take.
func ofMetadata(object *unstructured.Unstructured) []Fault {
	name, _, _ := unstructured.NestedString(object.Object, "metadata", "name")
	generated, _, _ := unstructured.NestedString(object.Object, "metadata", "generateName")
	var out []Fault
	switch {
	case name == "" && generated == "":
		out = append(out, Fault{[]any{"metadata", "name"}, "Required value: name or generateName is required"})
	case name != "":
		out = append(out, invalid([]any{"metadata", "name"}, name, ofName(object, name)))
	}
	if namespace := object.GetNamespace(); namespace != "" {
		out = append(out, invalid([]any{"metadata", "namespace"}, namespace, validation.IsDNS1123Label(namespace)))
	}
	out = append(out, ofLabels(object.Object, nil)...)
	out = append(out, ofHosts(object)...)
	return slices.DeleteFunc(out, func(fault Fault) bool { return fault.Message == "" })
}

// ofName says what is wrong with the name of an object. Most are names of DNS; those
// of roles are parts of a path.
func ofName(object *unstructured.Unstructured, name string) []string {
	gvk := object.GroupVersionKind()
	switch {
	case gvk.Group == "rbac.authorization.k8s.io":
		return content.IsPathSegmentName(name)
	case gvk.Group == "" && (gvk.Kind == "Namespace" || gvk.Kind == "Service"):
		return validation.IsDNS1123Label(name)
	case gvk.Kind == "CronJob" && len(name) > 52:
		return []string{"must be no more than 52 characters"}
	default:
		return validation.IsDNS1123Subdomain(name)
	}
}

// ofLabels finds labels in the metadata of an object, and of the pods that it has a
// template of.
func ofLabels(tree map[string]any, at []any) []Fault {
	var out []Fault
	labels, _, _ := unstructured.NestedFieldNoCopy(tree, "metadata", "labels")
	out = append(out, ofPairs(labels, append(slices.Clone(at), "metadata", "labels"))...)
	for _, where := range [][]string{{"spec", "template"}, {"spec", "jobTemplate"}} {
		inner, _, _ := unstructured.NestedFieldNoCopy(tree, where...)
		if fields, ok := inner.(map[string]any); ok {
			out = append(out, ofLabels(fields, append(slices.Clone(at), where[0], where[1]))...)
		}
	}
	return out
}

func ofPairs(labels any, at []any) []Fault {
	fields, _ := labels.(map[string]any)
	var out []Fault
	for _, key := range sortedKeys(fields) {
		if text, ok := fields[key].(string); ok {
			out = append(out, invalid(extend(at, key), text, validation.IsValidLabelValue(text)))
		}
		out = append(out, invalid(extend(at, key), key, validation.IsQualifiedName(key)))
	}
	return out
}

// ofHosts finds hosts of routes that are none.
func ofHosts(object *unstructured.Unstructured) []Fault {
	var out []Fault
	switch object.GetKind() {
	case "Ingress":
		rules, _, _ := unstructured.NestedSlice(object.Object, "spec", "rules")
		for i, rule := range rules {
			fields, _ := rule.(map[string]any)
			out = append(out, ofHost(fields["host"], []any{"spec", "rules", i, "host"}))
		}
	case "HTTPRoute", "GRPCRoute", "TLSRoute":
		hosts, _, _ := unstructured.NestedSlice(object.Object, "spec", "hostnames")
		for i, host := range hosts {
			out = append(out, ofHost(host, []any{"spec", "hostnames", i}))
		}
	}
	return out
}

func ofHost(value any, at []any) Fault {
	host, _ := value.(string)
	switch {
	case host == "":
		return Fault{}
	case strings.HasPrefix(host, "*."):
		return invalid(at, host, validation.IsWildcardDNS1123Subdomain(host))
	}
	wrong := validation.IsDNS1123Subdomain(host)
	for _, label := range strings.Split(host, ".") {
		if len(label) > validation.DNS1123LabelMaxLength {
			wrong = append(wrong, fmt.Sprintf("its part %q has more than %d characters, and no resolver finds it", label, validation.DNS1123LabelMaxLength))
		}
	}
	return invalid(at, host, wrong)
}

// invalid is a fault of a value, as the API server has it; the zero one when nothing
// is wrong.
func invalid(at []any, value string, wrong []string) Fault {
	if len(wrong) == 0 {
		return Fault{}
	}
	left := ""
	if strings.Contains(value, "${") {
		left = "a variable is left in it: "
	}
	return Fault{at, fmt.Sprintf("Invalid value: %q: %s%s", value, left, strings.Join(wrong, "; "))}
}
