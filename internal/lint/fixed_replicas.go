package lint

import "fmt"

// fixedReplicas finds a workload with a number of replicas beside an autoscaler of it:
// who deploys it puts the number back at each run, and the autoscaler changes it again.
func fixedReplicas(o object, scaled scalers) *Finding {
	replicas, is := at(o.Object, "spec", "replicas").(int64)
	by, known := scaled[o.GetKind()+"/"+o.namespace()+"/"+o.GetName()]
	if !is || !known || by.keeps(replicas) {
		return nil
	}
	position := o.where("spec", "replicas")
	return &Finding{
		Position: position,
		Message:  fmt.Sprintf("spec.replicas of %s %q is put back to %d at each run, and the %s %q changes it again", o.GetKind(), o.GetName(), replicas, by.GetKind(), by.GetName()),
		Fix:      "leave the number to the autoscaler: remove spec.replicas, and replicas in the overlay, and bound it by minReplicas and maxReplicas; or strip the autoscaler from the overlay",
	}
}

// scalers are the autoscalers of a preview by what they scale.
type scalers map[string]object

func (s *Service) scalers() scalers {
	out := scalers{}
	for o := range deployed(s) {
		if kind := o.GetKind(); kind != "HorizontalPodAutoscaler" && kind != "ScaledObject" {
			continue
		}
		kind, name := textAt(o.Object, "spec", "scaleTargetRef", "kind"), textAt(o.Object, "spec", "scaleTargetRef", "name")
		if kind == "" {
			kind = "Deployment" // KEDA's default
		}
		out[kind+"/"+o.namespace()+"/"+name] = o
	}
	return out
}

// keeps reports whether an autoscaler has no other number to choose.
func (o object) keeps(replicas int64) bool {
	least, has := at(o.Object, "spec", "minReplicas").(int64)
	if !has {
		least = 1
	}
	return at(o.Object, "spec", "maxReplicas") == replicas && least == replicas
}
