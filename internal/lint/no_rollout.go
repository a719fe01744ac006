package lint

import (
	"fmt"
	"reflect"
)

// noRollout finds pods that a push leaves as they are: the tag of their image
// is that of the request, and nothing else in them names the commit.
func noRollout(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		pairs := service.pairs(service.Samples.First, service.Samples.Pushed)
		changes, known := false, false
		for _, pair := range pairs {
			changes = changes || !samePods(pair)
			for _, container := range containers(pair.a) {
				known = known || container.isOwn()
			}
		}
		for _, pair := range pairs {
			if samePods(pair) && (ownsImage(pair.a) || !changes && !known) {
				_, path, _ := pods(pair.a.Unstructured)
				position := pair.a.where(extend(path, "metadata")...)
				out = append(out, Finding{
					Position: position,
					Message:  fmt.Sprintf("the pods of %s %q are the same after a push, so Kubernetes does not start new ones", pair.a.GetKind(), pair.a.GetName()),
					Fix:      pair.a.repair(position, `put the commit into an annotation of the pod template: app/commit-sha: "sha-${COMMIT_SHA}", or into the image's tag`),
				})
			}
		}
	}
	return out
}

// samePods reports whether two versions of an object describe the same pods.
func samePods(pair pair) bool {
	a, _, ok := pods(pair.a.Unstructured)
	b, _, _ := pods(pair.b.Unstructured)
	return ok && reflect.DeepEqual(a, b)
}

func ownsImage(object deployed) bool {
	for _, container := range containers(object) {
		if container.isOwn() {
			return true
		}
	}
	return false
}
