package lint

import (
	"fmt"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// strippedAccount finds pods whose ServiceAccount the overlay has taken away. A
// ServiceAccount is namespaced, and nameSuffix gives each preview its own; it is
// ClusterRole and ClusterRoleBinding that are cluster-scoped.
func strippedAccount(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		objects := service.deployed(service.Samples.First)
		accounts := map[string]bool{}
		for _, object := range objects {
			if object.GetKind() == "ServiceAccount" {
				accounts[object.GetName()] = true
			}
		}
		for _, object := range objects {
			_, path, ok := pods(object.Unstructured)
			name := textAt(object.Object, append(path, "spec", "serviceAccountName")...)
			if !ok || object.layer == nil || name == "" || accounts[name] {
				continue
			}
			if position, stripped := object.layer.strips("ServiceAccount"); stripped {
				out = append(out, Finding{
					Position: position,
					Message:  fmt.Sprintf("the pods of %s %q run as the ServiceAccount %q, which this strips: they cannot start", object.GetKind(), object.GetName(), name),
					Fix:      "leave ServiceAccount in: it is namespaced, and the suffix gives each preview its own; strip ClusterRole and ClusterRoleBinding alone",
				})
			}
		}
	}
	return out
}

// strips returns the patch that deletes every object of a kind.
func (l *layer) strips(kind string) (manifest.Position, bool) {
	if l.overlay == nil {
		return manifest.Position{}, false
	}
	for _, patch := range items(l.overlay.At("patches")) {
		_, target := manifest.Pair(patch, "target")
		_, of := manifest.Pair(target, "kind")
		_, text := manifest.Pair(patch, "patch")
		if text == nil || !deletes.MatchString(text.Value) {
			continue
		}
		if of != nil && of.Value == kind || of == nil && kindOf(text.Value) == kind {
			return l.overlay.Position(patch), true
		}
	}
	return manifest.Position{}, false
}
