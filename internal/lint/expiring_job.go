package lint

import (
	"fmt"

	"github.com/eddy-previews/eddy/internal/flux"
)

// expiringJob finds a Job that Kubernetes takes away after it has run, while Flux holds
// what is there against what is written: it makes the Job anew, and it runs again.
func expiringJob(o object) *Finding {
	ttl := at(o.Object, "spec", "ttlSecondsAfterFinished")
	if o.sources == nil || o.GetKind() != "Job" || ttl == nil || o.GetAnnotations()[flux.KustomizeGroup+"/ssa"] == "Ignore" {
		return nil
	}
	position := o.where("spec", "ttlSecondsAfterFinished")
	return &Finding{
		Position: position,
		Message:  fmt.Sprintf("the Job %q is taken away once it has run, and Flux makes it anew at its next run: it runs again, every %s", o.GetName(), o.part.Kustomization.Spec.Interval.Duration),
		Fix:      o.repair(position, "leave ttlSecondsAfterFinished out: the Job goes with the preview"),
	}
}
