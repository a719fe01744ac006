package lint

import (
	"fmt"
	"slices"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// immutable are the fields that the API server lets nobody change.
var immutable = map[string][][]any{
	"Deployment":  {{"spec", "selector"}},
	"DaemonSet":   {{"spec", "selector"}},
	"ReplicaSet":  {{"spec", "selector"}},
	"StatefulSet": {{"spec", "selector"}, {"spec", "serviceName"}, {"spec", "volumeClaimTemplates"}},
	"Job":         {{"spec", "selector"}, {"spec", "template"}},
	"RoleBinding": {{"roleRef"}},
}

// immutableField finds a field that differs after a push and cannot be changed:
// the first deploy works, and no other. An object whose name has the commit is a
// new one each time, and one that may be replaced is.
func immutableField(v pairValue) *Finding {
	if v.value == v.other || !v.isSame() || v.a.isReplaced() || !v.isImmutable() {
		return nil
	}
	fix := "leave the commit out of it; the place of the commit is an annotation of the pod template"
	if v.a.GetKind() == "Job" {
		fix = fmt.Sprintf("let the Job be replaced, with the annotation %s: enabled, or put the commit into its name", v.a.forceAnnotation())
	}
	return &Finding{
		Position: v.a.where(v.path...),
		Message: fmt.Sprintf("%s of %s %q changes with a push, and Kubernetes lets nobody change it: the first deploy works, and each one after it fails",
			manifest.Dotted(v.path), v.a.GetKind(), v.a.GetName()),
		Fix: fix,
	}
}

// isImmutable reports whether the value stands in a field that nobody can change.
func (v pairValue) isImmutable() bool {
	return slices.ContainsFunc(immutable[v.a.GetKind()], func(field []any) bool {
		return len(v.path) >= len(field) && slices.Equal(v.path[:len(field)], field)
	})
}

// isReplaced reports whether who deploys the object deletes and creates it where
// it cannot be changed, or leaves it as it is.
func (o object) isReplaced() bool {
	owner, annotations := o.part.Kustomization, o.GetAnnotations()
	if owner == nil {
		return v1.IsForced(annotations) || v1.IsForced(o.part.service.Set.Annotations)
	}
	return owner.Spec.Force || annotations[o.forceAnnotation()] == "enabled" ||
		slices.Contains([]string{"IfNotPresent", "Ignore"}, annotations[flux.KustomizeGroup+"/ssa"])
}

// forceAnnotation lets who deploys the object replace it.
func (o object) forceAnnotation() string {
	if o.part.Kustomization == nil {
		return v1.ForceAnnotation
	}
	return flux.KustomizeGroup + "/force"
}
