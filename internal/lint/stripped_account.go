package lint

import (
	"fmt"
	"regexp"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// strippedAccount finds pods whose ServiceAccount the overlay has taken away. A
// ServiceAccount is namespaced, and nameSuffix gives each preview its own; it is
// ClusterRole and ClusterRoleBinding that are cluster-scoped.
func strippedAccount(o object, there accounts) *Finding {
	template, _, _ := o.pods()
	name := textAt(template, "spec", "serviceAccountName")
	if o.sources == nil || name == "" || there[name] {
		return nil
	}
	position, stripped := o.sources.strips("ServiceAccount")
	if !stripped {
		return nil
	}
	return &Finding{
		Position: position,
		Message:  fmt.Sprintf("the pods of %s %q run as the ServiceAccount %q, which this strips: they cannot start", o.GetKind(), o.GetName(), name),
		Fix:      "leave ServiceAccount in: it is namespaced, and the suffix gives each preview its own; strip ClusterRole and ClusterRoleBinding alone",
	}
}

// accounts are the ServiceAccounts that are deployed for the first request, by name.
type accounts map[string]bool

func (s *Service) accounts() accounts {
	out := accounts{}
	for object := range deployed(s) {
		if object.GetKind() == "ServiceAccount" {
			out[object.GetName()] = true
		}
	}
	return out
}

// strips returns the patch that deletes every object of a kind.
func (f *sourceFiles) strips(kind string) (manifest.Position, bool) {
	if f.overlay == nil {
		return manifest.Position{}, false
	}
	for _, patch := range items(f.overlay.At("patches")) {
		_, target := manifest.Pair(patch, "target")
		_, of := manifest.Pair(target, "kind")
		_, text := manifest.Pair(patch, "patch")
		if text == nil || !deletes.MatchString(text.Value) {
			continue
		}
		if of != nil && of.Value == kind || of == nil && kindOf(text.Value) == kind {
			return f.overlay.Position(patch), true
		}
	}
	return manifest.Position{}, false
}

// deletes is what makes a patch of kustomize delete.
var deletes = regexp.MustCompile(`(?m)^\$patch:\s*delete`)

var kindLine = regexp.MustCompile(`(?m)^kind:\s*(\w+)`)

// kindOf returns the kind that a patch names.
func kindOf(patch string) string {
	if found := kindLine.FindStringSubmatch(patch); found != nil {
		return found[1]
	}
	return ""
}
