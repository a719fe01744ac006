package watcher

import (
	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/export"
	"github.com/eddy-previews/eddy/internal/forge"
)

// matching returns the changes that were found to match by the same rules: those
// that the last successful run of this generation exported. It spares a restart a
// question for each preview that runs.
func matching(provider *v1.ResourceSetInputProvider, exported export.Inputs) map[forge.Change]bool {
	ready := conditions.Get(provider, meta.ReadyCondition)
	if ready == nil || ready.Status != metav1.ConditionTrue || ready.Reason != meta.ReconciliationSucceededReason ||
		ready.ObservedGeneration != provider.Generation {
		return nil
	}
	out := make(map[forge.Change]bool, len(exported))
	for key, in := range exported {
		out[forge.Change{Key: key, SHA: in.Text("sha"), TargetBranch: in.Text("targetBranch")}] = true
	}
	return out
}
