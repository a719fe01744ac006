package lint

import (
	"fmt"
	"strings"
)

// pullPolicy finds images whose tag stays while CI pushes them anew: a node that
// has pulled the tag once starts the old image again.
func pullPolicy(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		for _, pair := range service.pairs(service.Samples.First, service.Samples.Pushed) {
			for _, container := range containers(pair.a) {
				again := textAt(pair.b.Object, extend(container.path, "image")...)
				policy := textAt(pair.a.Object, extend(container.path, "imagePullPolicy")...)
				if !container.isOwn() || container.image != again || policy == "Always" || strings.Contains(container.image, "@sha256:") {
					continue
				}
				position := pair.a.where(extend(container.path, "image")...)
				out = append(out, Finding{
					Position: position,
					Message:  fmt.Sprintf("the tag of %s moves with each push, and a node that has it does not pull it again", container.image),
					Fix:      pair.a.repair(position, "set imagePullPolicy: Always"),
				})
			}
		}
	}
	return out
}
