// Package rollout says whether what was deployed runs, and if not, why, in the words
// of internal/diagnose: objects in, values out; no cluster.
//
//	world := rollout.NewWorld(deployers...)
//	rollout.Look(ctx, roots, world, list) // workloads, and pods and events of what is late
//	rollout.Of(root, world, now) // False, ImageNotFound, "Pod/api-7: image not found: …"
//
// A workload runs when its newest generation is rolled out as kstatus sees it, a Job
// when it is complete. What is made of a failure is told at once where waiting does
// not mend it, such as an image that is not there. What cannot be read is held
// against nobody.
package rollout

import (
	"fmt"
	"slices"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/preview"
)

// depth is how many deployers may stand one below the other.
const depth = 3

// Of says whether what a root of a preview, an object in the inventory of its set,
// has deployed runs. It is True where there is nothing that could run.
func Of(root object.Ref, w *World, now time.Time) preview.Rollout {
	worst := preview.Rollout{Ready: metav1.ConditionTrue}
	for _, id := range Members([]object.Ref{root}, w) {
		if id == root && w.objects[id] == nil {
			continue // whoever makes it says why it is not there
		}
		one := w.judge(id, now)
		if isWorse(one.Ready, worst.Ready) {
			worst = one
		}
	}
	return worst
}

// Members lists what runs of what roots have deployed, each once: workloads, and the
// deployers that a deployer has made. A root that is a deployer is not among them, as its
// own state is told beside it.
func Members(roots []object.Ref, w *World) []object.Ref {
	var out []object.Ref
	known := make(map[object.Ref]bool, len(roots))
	for _, root := range roots {
		if !known[root] && runs(root.GroupKind()) {
			out = append(out, root)
		}
		known[root] = true
	}
	level := roots
	for range depth {
		level = w.below(level, known)
		out = append(out, level...)
	}
	return out
}

// Sleeps reports whether what roots have deployed is scaled to nothing: it has
// Deployments or StatefulSets, and all of them ask for no pod.
func Sleeps(roots []object.Ref, w *World) bool {
	found := false
	for _, id := range Members(roots, w) {
		one := w.objects[id]
		if one == nil || id.Kind != "Deployment" && id.Kind != "StatefulSet" {
			continue
		}
		replicas, given, _ := unstructured.NestedInt64(one.Object, "spec", "replicas")
		if !given || replicas != 0 {
			return false
		}
		found = true
	}
	return found
}

// below lists what runs of what deployers have deployed, and is not known. Whoever writes
// a request decides what its deployers list: each of hundreds may list all of them.
func (w *World) below(deployers []object.Ref, known map[object.Ref]bool) []object.Ref {
	var out []object.Ref
	for _, id := range deployers {
		deployer := w.objects[id]
		if deployer == nil || !flux.Deploys(id.GroupKind()) {
			continue
		}
		for _, entry := range flux.Deployed(deployer) {
			if !known[entry.Ref] && (runs(entry.GroupKind()) || flux.Deploys(entry.GroupKind())) {
				known[entry.Ref] = true
				out = append(out, entry.Ref)
			}
		}
	}
	return out
}

// runs reports whether objects of a kind run.
func runs(kind schema.GroupKind) bool {
	return slices.ContainsFunc(Workloads(), func(known schema.GroupVersionKind) bool { return known.GroupKind() == kind })
}

// Workloads are the kinds that run.
func Workloads() []schema.GroupVersionKind {
	return []schema.GroupVersionKind{
		{Group: "apps", Version: "v1", Kind: "Deployment"}, {Group: "apps", Version: "v1", Kind: "StatefulSet"},
		{Group: "apps", Version: "v1", Kind: "DaemonSet"}, {Group: "batch", Version: "v1", Kind: "Job"}, {Version: "v1", Kind: "Pod"},
	}
}

// judge says whether one of the members runs.
func (w *World) judge(id object.Ref, now time.Time) preview.Rollout {
	found := w.objects[id]
	if w.settled(id) {
		return preview.Rollout{Ready: metav1.ConditionTrue}
	}
	report := diagnose.Explain(w.node(id), now)
	if len(report.Findings) > 0 {
		return told(report.Findings[0], found)
	}
	out := preview.Rollout{Ready: metav1.ConditionUnknown, Reason: progressing, Since: report.Root.Since}
	out.Message = fmt.Sprintf("%s/%s: %s", id.Kind, id.Name, waiting(found, report.Root.Message))
	return out
}

// progressing is the reason of what is on its way.
const progressing = "Progressing"

// waiting are the words for what is on its way without a cause.
func waiting(found *unstructured.Unstructured, message string) string {
	if found != nil && message == "" { // kstatus takes a Job that runs for current
		return "it has yet to complete"
	}
	return message
}

// told is what a finding says of the rollout of a workload.
func told(f diagnose.Finding, found *unstructured.Unstructured) preview.Rollout {
	out := preview.Rollout{Ready: metav1.ConditionUnknown, Reason: f.Cause, Since: f.Since}
	out.Message = fmt.Sprintf("%s/%s: %s", f.On.Kind, f.On.Name, f.Words)
	if !passes(f.Cause) || isStuck(found) {
		out.Ready = metav1.ConditionFalse
	}
	return out
}

// passes reports whether a cause may well pass by itself, as long as the workload
// has time left: a slow start looks like it.
func passes(cause string) bool { return cause == "ProbeFailed" || cause == "NotReady" }

// isStuck reports whether the time of a Deployment to get on is over.
func isStuck(found *unstructured.Unstructured) bool {
	return found != nil && hasCondition(found, "Progressing", "False")
}

// settled reports whether a member runs, or cannot be seen.
func (w *World) settled(id object.Ref) bool {
	found := w.objects[id]
	switch {
	case !w.isKnown(id):
		return true
	case found == nil:
		return id.Kind == "Job" // those that are done may go by themselves
	case flux.Deploys(id.GroupKind()):
		return flux.Ready(found).Status == metav1.ConditionTrue
	case id.Kind == "Job":
		suspended, _, _ := unstructured.NestedBool(found.Object, "spec", "suspend")
		return suspended || hasCondition(found, "Complete", "True")
	}
	result, err := status.Compute(found)
	return err == nil && result.Status == status.CurrentStatus
}

func hasCondition(o *unstructured.Unstructured, kind, value string) bool {
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	return slices.ContainsFunc(list, func(item any) bool {
		fields, _ := item.(map[string]any)
		return fields["type"] == kind && fields["status"] == value
	})
}

// isWorse orders what is ready from good to bad.
func isWorse(a, b metav1.ConditionStatus) bool {
	order := []metav1.ConditionStatus{metav1.ConditionTrue, metav1.ConditionUnknown, metav1.ConditionFalse}
	return slices.Index(order, a) > slices.Index(order, b)
}
