package lint

import (
	"fmt"
	"reflect"
)

// noRollout finds pods that a push leaves as they are: the tag of their image
// is that of the request, and nothing else in them names the commit. Where no
// image can be told to be that of CI, all pods of the preview being the same is
// reason enough to ask.
func noRollout(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		pairs := service.pairs(service.Samples.First, service.Samples.Pushed)
		changes, known := false, false
		for _, pair := range pairs {
			changes = changes || isLasting(pair.a) && !samePods(pair)
			known = known || ownsImage(pair.a)
		}
		for _, pair := range pairs {
			if !isLasting(pair.a) || !samePods(pair) || service.isOneForAll(pair.a) {
				continue
			}
			switch {
			case ownsImage(pair.a):
				out = append(out, pair.noRollout(Error))
			case !changes && !known:
				out = append(out, pair.noRollout(Warning))
			}
		}
	}
	return out
}

func (p pair) noRollout(severity Severity) Finding {
	_, path, _ := pods(p.a.Unstructured)
	position := p.a.where(extend(path, "metadata")...)
	return Finding{
		Severity: severity,
		Position: position,
		Message:  fmt.Sprintf("the pods of %s %q are the same after a push, so Kubernetes does not start new ones", p.a.GetKind(), p.a.GetName()),
		Fix:      p.a.repair(position, `put the commit into an annotation of the pod template: app/commit-sha: "sha-${COMMIT_SHA}", or into the image's tag`),
	}
}

// isLasting reports whether an object has pods that run for as long as it is
// there. A Job runs once, and a CronJob starts new pods by itself.
func isLasting(object deployed) bool {
	_, _, ok := pods(object.Unstructured)
	return ok && object.GetKind() != "Job" && object.GetKind() != "CronJob"
}

// samePods reports whether two versions of an object describe the same pods.
func samePods(pair pair) bool {
	a, _, _ := pods(pair.a.Unstructured)
	b, _, _ := pods(pair.b.Unstructured)
	return reflect.DeepEqual(a, b)
}

func ownsImage(object deployed) bool {
	for _, container := range containers(object) {
		if container.isOwn() {
			return true
		}
	}
	return false
}
