package schema

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"

	"github.com/eddy-previews/eddy/internal/suggest"
)

// builtIn are the kinds of Kubernetes that people deploy.
func builtIn() *runtime.Scheme {
	out := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, networkingv1.AddToScheme, rbacv1.AddToScheme,
		policyv1.AddToScheme, autoscalingv1.AddToScheme, autoscalingv2.AddToScheme, schedulingv1.AddToScheme,
		storagev1.AddToScheme, admissionregistrationv1.AddToScheme,
	} {
		if err := add(out); err != nil {
			panic(fmt.Sprintf("the kinds of Kubernetes are in conflict: %v", err)) // which is the same in each run
		}
	}
	return out
}

var (
	unknownField = regexp.MustCompile(`^unknown field "(.+)"$`)
	wrongType    = regexp.MustCompile(`cannot unmarshal (\w+) into Go struct field \w+\.(\S+) of type (\S+)`)
)

// ofType holds an object against the type of Kubernetes' Go module.
func (k *Kinds) ofType(gvk schema.GroupVersionKind, object *unstructured.Unstructured) []Fault {
	into, err := k.types.New(gvk)
	if err != nil {
		return nil // it was recognized
	}
	content := object.Object
	if status, there := content["status"]; there && status != nil {
		content = withoutStatus(content)
	}
	raw, err := json.Marshal(content)
	if err != nil {
		return []Fault{{nil, err.Error()}}
	}
	unknown, err := kjson.UnmarshalStrict(raw, into)
	var out []Fault
	if err != nil {
		out = append(out, ofWrongType(err))
	}
	for _, cause := range unknown {
		if found := unknownField.FindStringSubmatch(cause.Error()); found != nil {
			out = append(out, Fault{steps(found[1]), "unknown field"})
		}
	}
	return out
}

func withoutStatus(content map[string]any) map[string]any {
	out := make(map[string]any, len(content))
	for key, value := range content {
		if key != "status" {
			out[key] = value
		}
	}
	return out
}

// WantsText reports whether the fault is that a value is no text.
func (f Fault) WantsText() bool { return strings.HasSuffix(f.Message, " and a string is expected") }

func ofWrongType(err error) Fault {
	if found := wrongType.FindStringSubmatch(err.Error()); found != nil {
		return Fault{steps(found[2]), fmt.Sprintf("it is a %s, and a %s is expected", found[1], strings.TrimPrefix(found[3], "*"))}
	}
	return Fault{nil, strings.TrimPrefix(err.Error(), "json: ")}
}

// ofGroup says that a group of Kubernetes has no such kind in that version. A version
// that is not known at all may be newer, or that of an old cluster.
func (k *Kinds) ofGroup(gvk schema.GroupVersionKind) []Fault {
	if !slices.Contains([]string{"", "apps", "batch", "autoscaling", "policy"}, gvk.Group) && !strings.HasSuffix(gvk.Group, ".k8s.io") {
		return nil
	}
	var kinds []string
	for known := range k.types.AllKnownTypes() {
		if known.GroupVersion() == gvk.GroupVersion() {
			kinds = append(kinds, known.Kind)
		}
		if known.Group == gvk.Group && known.Kind == gvk.Kind && isBeta(gvk.Version) {
			return []Fault{{[]any{"apiVersion"}, fmt.Sprintf("no matches for kind %q in version %q; did you mean %q?", gvk.Kind, gvk.GroupVersion(), known.GroupVersion())}}
		}
	}
	slices.Sort(kinds)
	near := suggest.To(gvk.Kind, kinds)
	if near == "" {
		return nil
	}
	return []Fault{{[]any{"kind"}, fmt.Sprintf("no matches for kind %q in version %q; did you mean %q?", gvk.Kind, gvk.GroupVersion(), near)}}
}

func isBeta(version string) bool {
	return strings.Contains(version, "beta") || strings.Contains(version, "alpha")
}
