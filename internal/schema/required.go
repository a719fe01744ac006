package schema

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// required are the fields that the API server asks for of kinds of Kubernetes: a
// star is each item of a list. What is missing above a field is told there alone.
var required = map[string]string{
	"Deployment":            "spec spec.selector spec.template",
	"StatefulSet":           "spec spec.selector spec.template spec.volumeClaimTemplates.*.spec spec.volumeClaimTemplates.*.spec.accessModes spec.volumeClaimTemplates.*.spec.resources.requests.storage",
	"DaemonSet":             "spec spec.selector spec.template",
	"ReplicaSet":            "spec spec.selector spec.template",
	"Job":                   "spec spec.template spec.template.spec.restartPolicy",
	"CronJob":               "spec spec.schedule spec.jobTemplate spec.jobTemplate.spec spec.jobTemplate.spec.template spec.jobTemplate.spec.template.spec.restartPolicy",
	"Pod":                   "spec",
	"Service":               "spec spec.ports.*.port",
	"Ingress":               "spec spec.rules.*.http.paths spec.rules.*.http.paths.*.pathType spec.rules.*.http.paths.*.backend spec.rules.*.http.paths.*.backend.service.name spec.rules.*.http.paths.*.backend.service.port",
	"PersistentVolumeClaim": "spec spec.accessModes spec.resources spec.resources.requests spec.resources.requests.storage",
	"RoleBinding":           "roleRef roleRef.kind roleRef.name subjects.*.kind subjects.*.name",
	"ClusterRoleBinding":    "roleRef roleRef.kind roleRef.name subjects.*.kind subjects.*.name",
	"Role":                  "rules.*.verbs",
	"ClusterRole":           "rules.*.verbs",
	"HorizontalPodAutoscaler": "spec spec.maxReplicas spec.scaleTargetRef spec.scaleTargetRef.kind spec.scaleTargetRef.name " +
		"spec.metrics.*.type",
}

// requiredOfPods are those of the pods that an object makes.
const requiredOfPods = "spec spec.containers spec.volumes.*.name"

// requiredOfContainers are those of a container.
const requiredOfContainers = "name image ports.*.containerPort env.*.name volumeMounts.*.name volumeMounts.*.mountPath"

// choices are the values that fields may have.
var choices = map[string]map[string]string{
	"Deployment":            {"spec.strategy.type": "Recreate RollingUpdate"},
	"StatefulSet":           {"spec.updateStrategy.type": "OnDelete RollingUpdate", "spec.podManagementPolicy": "OrderedReady Parallel"},
	"DaemonSet":             {"spec.updateStrategy.type": "OnDelete RollingUpdate"},
	"CronJob":               {"spec.concurrencyPolicy": "Allow Forbid Replace", "spec.jobTemplate.spec.template.spec.restartPolicy": "Never OnFailure"},
	"Job":                   {"spec.template.spec.restartPolicy": "Never OnFailure"},
	"Service":               {"spec.type": "ClusterIP ExternalName LoadBalancer NodePort", "spec.sessionAffinity": "ClientIP None", "spec.ports.*.protocol": "SCTP TCP UDP", "spec.externalTrafficPolicy": "Cluster Local"},
	"Ingress":               {"spec.rules.*.http.paths.*.pathType": "Exact ImplementationSpecific Prefix"},
	"PersistentVolumeClaim": {"spec.accessModes.*": "ReadOnlyMany ReadWriteMany ReadWriteOnce ReadWriteOncePod"},
	"NetworkPolicy":         {"spec.policyTypes.*": "Egress Ingress", "spec.ingress.*.ports.*.protocol": "SCTP TCP UDP", "spec.egress.*.ports.*.protocol": "SCTP TCP UDP"},
	"RoleBinding":           {"roleRef.kind": "ClusterRole Role", "subjects.*.kind": "Group ServiceAccount User"},
	"ClusterRoleBinding":    {"roleRef.kind": "ClusterRole", "subjects.*.kind": "Group ServiceAccount User"},
}

var (
	choicesOfPods       = map[string]string{"spec.restartPolicy": "Always Never OnFailure", "spec.dnsPolicy": "ClusterFirst ClusterFirstWithHostNet Default None"}
	choicesOfContainers = map[string]string{"imagePullPolicy": "Always IfNotPresent Never", "ports.*.protocol": "SCTP TCP UDP"}
)

// ofRequired finds what the API server asks for of a kind of Kubernetes, beyond what
// its types say.
func ofRequired(object *unstructured.Unstructured) []Fault {
	at := asked{tree: object.Object}
	at.require(required[object.GetKind()])
	at.choose(choices[object.GetKind()])
	at.kind(object)
	if template, path := podsOf(object); template != nil {
		pods := asked{tree: template, path: path}
		pods.require(requiredOfPods)
		pods.choose(choicesOfPods)
		pods.selector(object)
		pods.containers(object)
		at.faults = append(at.faults, pods.faults...)
	}
	return at.faults
}

// podsOf returns the template of the pods of a workload of Kubernetes.
func podsOf(object *unstructured.Unstructured) (map[string]any, []any) {
	var path []any
	switch object.GetKind() {
	case "Pod":
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job":
		path = []any{"spec", "template"}
	case "CronJob":
		path = []any{"spec", "jobTemplate", "spec", "template"}
	default:
		return nil, nil
	}
	template, _ := valueAt(object.Object, path).(map[string]any)
	return template, path
}

// asked is a part of an object, and what is wrong with it.
type asked struct {
	tree   map[string]any
	path   []any
	faults []Fault
}

func (a *asked) say(message string, at ...any) {
	path := append(append(make([]any, 0, len(a.path)+len(at)), a.path...), at...)
	a.faults = append(a.faults, Fault{path, message})
}

// require finds fields that are not there, though what they are in is.
func (a *asked) require(fields string) {
	for field := range strings.FieldsSeq(fields) {
		keys := strings.Split(field, ".")
		last := keys[len(keys)-1]
		each(a.tree, keys[:len(keys)-1], nil, func(parent any, path []any) {
			in, ok := parent.(map[string]any)
			if ok && isEmpty(in[last]) {
				a.say("Required value", extend(path, last)...)
			}
		})
	}
}

// choose finds values that are none of those that there are.
func (a *asked) choose(of map[string]string) {
	for _, field := range sortedKeys(of) {
		each(a.tree, strings.Split(field, "."), nil, func(value any, path []any) {
			allowed := strings.Fields(of[field])
			if text, ok := value.(string); ok && text != "" && !slices.Contains(allowed, text) {
				list := make([]any, 0, len(allowed))
				for _, one := range allowed {
					list = append(list, one)
				}
				a.say(unsupported(text, list), path...)
			}
		})
	}
}

// each visits what is at a path, in which a star is each item of a list.
func each(value any, keys []string, at []any, visit func(any, []any)) {
	if value == nil {
		return
	}
	if len(keys) == 0 {
		visit(value, at)
		return
	}
	first, rest := keys[0], keys[1:]
	switch in := value.(type) {
	case []any:
		if first == "*" {
			for i, item := range in {
				each(item, rest, extend(at, i), visit)
			}
		}
	case map[string]any:
		each(in[first], rest, extend(at, first), visit)
	}
}

// isEmpty reports whether a field is as good as not there.
func isEmpty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case []any:
		return len(value) == 0
	default:
		return false
	}
}

func valueAt(value any, path []any) any {
	for _, step := range path {
		in, _ := value.(map[string]any)
		value = in[step.(string)]
	}
	return value
}
