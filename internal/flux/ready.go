package flux

import (
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/meta"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Ready returns the Ready condition of an object of Flux, or of one that follows
// its conventions as Eddy's do. One that has none, or has not been looked at since
// it changed, is Unknown.
func Ready(o *unstructured.Unstructured) metav1.Condition {
	ready := metav1.Condition{Status: metav1.ConditionUnknown, Reason: meta.ProgressingReason, Message: "not reconciled yet"}
	stored, _, _ := unstructured.NestedMap(o.Object, "status")
	var known struct {
		Conditions []metav1.Condition `json:"conditions"`
	}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(stored, &known) != nil {
		return ready
	}
	if found := apimeta.FindStatusCondition(known.Conditions, meta.ReadyCondition); found != nil {
		ready = *found
	}
	if result, err := status.Compute(o); err == nil && result.Status == status.InProgressStatus && ready.Status == metav1.ConditionTrue {
		ready.Status, ready.Reason, ready.Message = metav1.ConditionUnknown, meta.ProgressingReason, result.Message
	}
	return ready
}

// HasDeployed reports whether a deployer has deployed what is asked for now. One
// that has not begun yet has no status at all.
func HasDeployed(o *unstructured.Unstructured) bool {
	seen, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
	state, err := status.Compute(o)
	return err == nil && state.Status == status.CurrentStatus && seen == o.GetGeneration()
}

// IsSuspended reports whether an object of Flux is told to rest.
func IsSuspended(o *unstructured.Unstructured) bool {
	suspended, _, _ := unstructured.NestedBool(o.Object, "spec", "suspend")
	return suspended && Is(kindOf(o))
}
