package lint

import (
	"fmt"
	"slices"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/flux"
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

// immutableField finds fields that differ after a push and cannot be changed:
// the first deploy works, and no other. An object whose name has the commit is a
// new one each time, and one that may be replaced is.
func immutableField(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		for _, pair := range service.pairs(service.Samples.First, service.Samples.Pushed) {
			if identity(pair.a) != identity(pair.b) || pair.a.isReplaced() {
				continue
			}
			for _, field := range immutable[pair.a.GetKind()] {
				out = append(out, pair.immutableField(field)...)
			}
		}
	}
	return out
}

func (p pair) immutableField(field []any) []Finding {
	fix := "leave the commit out of it; the place of the commit is an annotation of the pod template"
	if p.a.GetKind() == "Job" {
		fix = fmt.Sprintf("let the Job be replaced, with the annotation %s: enabled, or put the commit into its name", p.a.forceAnnotation())
	}
	var out []Finding
	for _, leaf := range leaves(at(p.a.Object, field...), field...) {
		if leaf.value == at(p.b.Object, leaf.path...) {
			continue
		}
		out = append(out, Finding{
			Position: p.a.where(leaf.path...),
			Message: fmt.Sprintf("%s of %s %q changes with a push, and Kubernetes lets nobody change it: the first deploy works, and each one after it fails",
				dotted(leaf.path), p.a.GetKind(), p.a.GetName()),
			Fix: fix,
		})
	}
	return out
}

// isReplaced reports whether who deploys the object deletes and creates it where
// it cannot be changed, or leaves it as it is.
func (d deployed) isReplaced() bool {
	owner := d.part.Kustomization
	if owner == nil {
		return v1.IsForced(d.GetAnnotations()) || v1.IsForced(d.service.Set.Annotations)
	}
	annotations := d.GetAnnotations()
	return owner.Spec.Force || annotations[d.forceAnnotation()] == "enabled" ||
		slices.Contains([]string{"IfNotPresent", "Ignore"}, annotations[flux.KustomizeGroup+"/ssa"])
}

// forceAnnotation lets who deploys the object replace it.
func (d deployed) forceAnnotation() string {
	if d.part.Kustomization == nil {
		return v1.ForceAnnotation
	}
	return flux.KustomizeGroup + "/force"
}
