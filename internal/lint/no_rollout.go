package lint

import (
	"fmt"
	"reflect"
	"slices"
)

// noRollout finds pods that a push leaves as they are: the tag of their image
// is that of the request, and nothing else in them names the commit. Where no
// image can be told to be that of CI, all pods of the preview being the same is
// reason enough to ask.
func noRollout(p pair, others rollout) *Finding {
	if !p.a.isLasting() || !p.hasSamePods() || p.a.isOneForAll() {
		return nil
	}
	severity := Error
	if !p.a.ownsImage() {
		if others {
			return nil
		}
		severity = Warning
	}
	_, path, _ := p.a.pods()
	position := p.a.where(extend(path, "metadata")...)
	return &Finding{
		Severity: severity,
		Position: position,
		Message:  fmt.Sprintf("the pods of %s %q are the same after a push, so Kubernetes does not start new ones", p.a.GetKind(), p.a.GetName()),
		Fix:      p.a.repair(position, `put the commit into an annotation of the pod template: app/commit-sha: "sha-${COMMIT_SHA}", or into the image's tag`),
	}
}

// rollout says whether a push changes some pods of the service, or could be told to:
// an image is that of CI.
type rollout bool

func (s *Service) rollout() rollout {
	for p := range pushes(s) {
		if p.a.isLasting() && !p.hasSamePods() || p.a.ownsImage() {
			return true
		}
	}
	return false
}

// isLasting reports whether an object has pods that run for as long as it is
// there. A Job runs once, and a CronJob starts new pods by itself.
func (o object) isLasting() bool {
	return o.hasPods() && o.GetKind() != "Job" && o.GetKind() != "CronJob"
}

// hasSamePods reports whether two versions of an object describe the same pods.
func (p pair) hasSamePods() bool {
	a, _, _ := p.a.pods()
	b, _, _ := p.b.pods()
	return reflect.DeepEqual(a, b)
}

func (o object) ownsImage() bool {
	return slices.ContainsFunc(pair{o, o}.containers(), container.isOwn)
}
